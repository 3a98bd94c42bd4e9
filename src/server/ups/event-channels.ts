/**
 * @file The events of workitems (PS3.4 CC.2.4) to those who subscribed and have a channel open.
 *
 * A change is seen by comparing a workitem with what was last told of it; who has no channel open misses it, and
 * searches when it is back.
 */
import type { Kysely } from "kysely";

import { parseSearchQuery, isFound } from "../../dicom/web/search-query.ts";
import { element } from "../../dicom/query/json-model.ts";
import type { DicomObject } from "../../domain/dicom-json.ts";
import { listSubscriptions, type SubscriptionRow } from "../../store/subscriptions.ts";
import type { Database } from "../../store/schema.ts";
import type { WorkitemRow } from "../../store/workitems.ts";
import { errorText, type Log } from "../log.ts";
import type { FoundStudy } from "../query/attributes.ts";
import { readStudyWorkitems } from "./find-workitems.ts";

/** PS3.4 CC.2.3.1: the worklist as a whole, and what of it a filter lets through. */
export const GLOBAL_SUBSCRIPTION = "1.2.840.10008.5.1.4.34.5";
export const FILTERED_SUBSCRIPTION = "1.2.840.10008.5.1.4.34.5.1";

const UPS_EVENT = "1.2.840.10008.5.1.4.34.6.4";
const EVENT = { stateReport: 1, cancelRequested: 2, progressReport: 3 } as const;
const MOST_CHANNELS = 100;
/** Beyond it, what was told is forgotten: some may be told again. */
const MOST_TOLD = 200_000;

/** One end of an event channel. */
export interface Channel {
  send(text: string): void;
  close(): void;
  onClose(told: () => void): void;
}

/** What a subscriber knows of a workitem. */
interface Told {
  readonly state: string;
  readonly cancelRequest: string;
  readonly progress: string;
}

export interface EventChannelsOptions {
  readonly db: Kysely<Database>;
  /** A study with its priority, without its rank: the whole list is not ranked for one event. */
  readonly findStudy: (studyInstanceUid: string) => Promise<FoundStudy | null>;
  readonly log: Log;
}

export class EventChannels {
  readonly #options: EventChannelsOptions;
  readonly #channels = new Map<string, Set<Channel>>();
  readonly #told = new Map<string, Told>();
  /** Workitems that did not change since are not told of when first seen: by the clock of the database. */
  #since = new Date(0);
  readonly #waiting = new Set<string>();
  #work: Promise<void> = Promise.resolve();
  #messageId = 0;

  constructor(options: EventChannelsOptions) {
    this.#options = options;
  }

  /** Tell a subscriber over this channel from now on. @returns false when there are too many channels */
  async connect(subscriber: string, channel: Channel): Promise<boolean> {
    const count = [...this.#channels.values()].reduce((sum, { size }) => sum + size, 0);
    if (count >= MOST_CHANNELS) return false;
    const own = this.#channels.get(subscriber) ?? new Set();
    own.add(channel);
    this.#channels.set(subscriber, own);
    channel.onClose(() => {
      own.delete(channel);
      if (own.size === 0 && this.#channels.get(subscriber) === own) this.#channels.delete(subscriber);
    });
    if (count === 0) {
      this.#told.clear();
      this.#since = await databaseNow(this.#options.db);
    }
    return true;
  }

  studyChanged(studyInstanceUid: string): void {
    if (this.#channels.size === 0 || this.#waiting.has(studyInstanceUid)) return;
    this.#waiting.add(studyInstanceUid);
    this.#work = this.#work.then(async () => {
      this.#waiting.delete(studyInstanceUid);
      await this.#tell(studyInstanceUid).catch((error: unknown) =>
        this.#options.log("error", "workitem events were not told", { reason: errorText(error) }),
      );
    });
  }

  /** Tell a new subscriber how the workitem stands (PS3.4 CC.2.3.3). */
  tellState(subscriber: string, workitemUid: string, workitem: DicomObject): void {
    this.#send([subscriber], workitemUid, EVENT.stateReport, stateReport(workitem));
  }

  close(): void {
    for (const channels of this.#channels.values()) for (const channel of channels) channel.close();
  }

  async #tell(studyInstanceUid: string): Promise<void> {
    const { db, findStudy } = this.#options;
    const subscribers = [...this.#channels.keys()];
    if (subscribers.length === 0) return;
    const subscriptions = await listSubscriptions(db, subscribers);
    if (subscriptions.length === 0) return;
    if (this.#told.size > MOST_TOLD) this.#told.clear();
    const study = await findStudy(studyInstanceUid);
    if (!study) return;
    for (const { row, workitem } of await readStudyWorkitems(db, study)) {
      const uid = row.workitem_uid;
      const now: Told = {
        state: JSON.stringify(stateReport(workitem)),
        cancelRequest: row.state === "IN PROGRESS" ? row.reason : "",
        progress: JSON.stringify(row.changes["00741002"] ?? null),
      };
      const last = this.#told.get(uid);
      const hasChanged = last === undefined ? row.changed_at >= this.#since : last.state !== now.state;
      this.#told.set(uid, now);
      const to = subscribersTo(subscriptions, row, workitem);
      if (hasChanged) this.#send(to, uid, EVENT.stateReport, stateReport(workitem));
      if (
        now.cancelRequest !== "" &&
        last?.cancelRequest !== now.cancelRequest &&
        hasFresh(last, row, this.#since)
      ) {
        this.#send(to, uid, EVENT.cancelRequested, { "00741238": element("LT", now.cancelRequest) });
      }
      if (now.progress !== "null" && last?.progress !== now.progress && hasFresh(last, row, this.#since)) {
        this.#send(to, uid, EVENT.progressReport, { "00741002": row.changes["00741002"] ?? { vr: "SQ" } });
      }
    }
  }

  #send(subscribers: readonly string[], workitemUid: string, type: number, information: DicomObject): void {
    this.#messageId = (this.#messageId % 0xffff) + 1;
    const text = JSON.stringify({
      "00000002": element("UI", UPS_EVENT),
      "00000110": element("US", this.#messageId),
      "00001000": element("UI", workitemUid),
      "00001002": element("US", type),
      ...information,
    });
    for (const subscriber of subscribers) {
      for (const channel of this.#channels.get(subscriber) ?? []) channel.send(text);
    }
  }
}

/** Whether a change is one since the channels opened. */
const hasFresh = (last: Told | undefined, row: { readonly changed_at: Date }, since: Date): boolean =>
  last !== undefined || row.changed_at >= since;

/** PS3.4 table CC.2.4-1. */
function stateReport(workitem: DicomObject): DicomObject {
  const reason =
    workitem["00741000"]?.Value?.[0] === "CANCELED" ? workitem["00741002"]?.Value?.[0] : undefined;
  const canceled = typeof reason === "object" ? (reason as DicomObject)["00741238"] : undefined;
  return {
    "00404041": workitem["00404041"] ?? { vr: "CS" },
    "00741000": workitem["00741000"] ?? { vr: "CS" },
    ...(canceled && { "00741238": canceled }),
  };
}

function subscribersTo(
  subscriptions: readonly SubscriptionRow[],
  row: WorkitemRow,
  workitem: DicomObject,
): string[] {
  const told = subscriptions.filter(({ target, filter, suspended_at: suspendedAt }) => {
    if (target === row.workitem_uid) return true;
    if (suspendedAt !== null && row.scheduled_at > suspendedAt) return false;
    if (target === GLOBAL_SUBSCRIPTION) return true;
    return (
      target === FILTERED_SUBSCRIPTION && isFound(workitem, parseSearchQuery(new URLSearchParams(filter)))
    );
  });
  return [...new Set(told.map(({ subscriber }) => subscriber))];
}

async function databaseNow(db: Kysely<Database>): Promise<Date> {
  const { now } = await db.selectNoFrom((on) => on.fn<Date>("now").as("now")).executeTakeFirstOrThrow();
  return now;
}
