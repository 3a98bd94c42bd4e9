/**
 * @file What DICOM clients do with a workitem, decided on its locked row and its study's (PS3.4 CC.2.1 to CC.2.6).
 *
 * To claim a workitem is to claim its study, by the same rules as on the page; to complete it is to have read it; to
 * cancel it is to let it go. The Transaction UID given with the claim is the proof of it: without, nobody changes it.
 */
import type { Selectable } from "kysely";

import { isUid } from "../../dicom/net/uids.ts";
import { firstText } from "../../dicom/query/json-model.ts";
import type { DicomObject } from "../../domain/dicom-json.ts";
import type { StudyTable } from "../../store/schema.ts";
import type { WorkitemChange, WorkitemRow } from "../../store/workitems.ts";
import { storedChanges } from "../../store/workitems.ts";
import { HttpError } from "../errors.ts";
import { READING_RULES } from "../reading-rules.ts";
import { UpsRefusal, WARNING, type WarningText } from "./refusal.ts";

type Study = Selectable<StudyTable>;

/** What is to be written, and what the client is warned of. */
export interface Decision {
  readonly change: WorkitemChange | null;
  readonly warning: WarningText | null;
}

const TRANSACTION_UID = "00081195";
const STATE = "00741000";
const REASON = "00741238";
const LONGEST_REASON_CHARACTERS = 1024;

const unchanged = (warning: WarningText): Decision => ({ change: null, warning });
const changed = (change: WorkitemChange): Decision => ({ change, warning: null });

function requireTransaction({ transaction_uid }: WorkitemRow, given: string): void {
  if (given === "") throw new UpsRefusal(WARNING.transactionMissing);
  if (transaction_uid === null || transaction_uid !== given)
    throw new UpsRefusal(WARNING.transactionIncorrect);
}

const reasonIn = (body: DicomObject): string =>
  firstText(body, REASON).replaceAll("\0", "").slice(0, LONGEST_REASON_CHARACTERS);

const detailOf = ({ workitem_uid }: WorkitemRow, reason = ""): string =>
  `Workitem ${workitem_uid}${reason === "" ? "" : `: ${reason}`}`;

/**
 * Change UPS State.
 * @throws UpsRefusal, HttpError 400 for a state that is none
 */
export function decideState(workitem: WorkitemRow, study: Study, body: DicomObject, who: string): Decision {
  const wanted = firstText(body, STATE);
  const transaction = firstText(body, TRANSACTION_UID);
  switch (wanted) {
    case "IN PROGRESS":
      return claim(workitem, study, transaction, who);
    case "COMPLETED":
      if (workitem.state === "COMPLETED") return unchanged(WARNING.alreadyCompleted);
      return complete(workitem, study, transaction);
    case "CANCELED":
      if (workitem.state === "CANCELED") return unchanged(WARNING.alreadyCanceled);
      return cancel(workitem, study, transaction, reasonIn(body));
    case "SCHEDULED":
      throw new UpsRefusal(WARNING.inconsistent, "A workitem never becomes SCHEDULED again.");
    default:
      throw new HttpError(
        400,
        "bad-request",
        `Procedure Step State (0074,1000): expected IN PROGRESS, COMPLETED or CANCELED, got "${wanted.slice(0, 16)}".`,
      );
  }
}

function claim(workitem: WorkitemRow, study: Study, transaction: string, who: string): Decision {
  if (transaction === "") throw new UpsRefusal(WARNING.transactionMissing);
  if (!isUid(transaction)) {
    throw new HttpError(
      400,
      "bad-request",
      `Transaction UID: expected a UID, got "${transaction.slice(0, 70)}".`,
    );
  }
  if (workitem.state !== "SCHEDULED") {
    const holder =
      workitem.state === "IN PROGRESS" ? ` ${study.reader ?? "Another reader"} has this study.` : "";
    throw new UpsRefusal(WARNING.inconsistent, `The workitem is ${workitem.state}.${holder}`);
  }
  return changed({
    study: READING_RULES.claim(study, who, new Date()),
    workitem: { transaction_uid: transaction },
    audit: { who, what: "claimed", detail: detailOf(workitem) },
  });
}

function requireInProgress({ state }: WorkitemRow): void {
  if (state !== "IN PROGRESS") throw new UpsRefusal(WARNING.inconsistent, `The workitem is ${state}.`);
}

function complete(workitem: WorkitemRow, study: Study, transaction: string): Decision {
  requireInProgress(workitem);
  requireTransaction(workitem, transaction);
  const who = study.reader ?? "";
  return changed({
    study: READING_RULES.read(study, who, new Date()),
    audit: { who, what: "read", detail: detailOf(workitem) },
  });
}

function cancel(workitem: WorkitemRow, study: Study, transaction: string, reason: string): Decision {
  requireInProgress(workitem);
  requireTransaction(workitem, transaction);
  const who = study.reader ?? "";
  return changed({
    study: READING_RULES.release(study, who, new Date()),
    ...(reason !== "" && { workitem: { reason } }),
    audit: { who, what: "released", detail: detailOf(workitem, reason) },
  });
}

/**
 * Request UPS Cancel: nobody's workitem is canceled and its study, unread, scheduled anew; of a claimed one, who has it
 * is told, and decides.
 * @throws UpsRefusal when it is completed
 */
export function decideCancelRequest(workitem: WorkitemRow, body: DicomObject, who: string): Decision {
  const reason = reasonIn(body);
  switch (workitem.state) {
    case "COMPLETED":
      throw new UpsRefusal(WARNING.isCompleted);
    case "CANCELED":
      return unchanged(WARNING.alreadyCanceled);
    case "IN PROGRESS":
      return changed({
        workitem: { reason: reason === "" ? `${who} asks to cancel.` : reason },
        audit: { who, what: "asked to cancel the reading", detail: detailOf(workitem, reason) },
      });
    case "SCHEDULED":
      return changed({
        workitem: {
          state: "CANCELED",
          ended_at: new Date(),
          reason: reason === "" ? `Canceled by ${who}.` : reason,
        },
        cancelScheduled: true,
        audit: {
          who,
          what: "canceled a workitem: the study is scheduled anew",
          detail: detailOf(workitem, reason),
        },
      });
  }
}

/** What a client may set: progress, what was performed, a comment, who is to read. All else comes from the study. */
const CHANGEABLE: ReadonlySet<string> = new Set(["00741002", "00741216", "00400400", "00404034"]);
/** PS3.4 table CC.2.5-3: not by N-SET. */
const FORBIDDEN: ReadonlySet<string> = new Set([STATE, "00080016", "00080018"]);

/**
 * Update a workitem.
 * @throws UpsRefusal, HttpError 400 for what an update never changes
 */
export function decideUpdate(
  workitem: WorkitemRow,
  body: DicomObject,
  { transaction, who }: { transaction: string; who: string },
): Decision {
  const forbidden = Object.keys(body).find((tag) => FORBIDDEN.has(tag));
  if (forbidden !== undefined) {
    throw new HttpError(400, "bad-request", `${forbidden}: an update does not change this attribute.`);
  }
  if (workitem.state === "IN PROGRESS") requireTransaction(workitem, transaction);
  else if (workitem.state !== "SCHEDULED") {
    throw new UpsRefusal(WARNING.inconsistent, `The workitem is ${workitem.state}.`);
  } else if (transaction !== "") throw new UpsRefusal(WARNING.notClaimed);
  const accepted = Object.entries(body).filter(([tag]) => CHANGEABLE.has(tag));
  const ignored = Object.keys(body).some((tag) => !CHANGEABLE.has(tag) && tag !== TRANSACTION_UID);
  const warning = ignored ? WARNING.attributesIgnored : null;
  if (accepted.length === 0) return { change: null, warning };
  const changes = { ...workitem.changes, ...Object.fromEntries(accepted) };
  return {
    change: {
      workitem: { changes: storedChanges(changes) },
      audit: {
        who,
        what: "updated a workitem",
        detail: detailOf(workitem, accepted.map(([tag]) => tag).join(", ")),
      },
    },
    warning,
  };
}
