/**
 * @file What readers do with a study: claim, release, mark read, reopen, score again, agree or disagree.
 *
 * What is allowed is decided by `reading-rules.ts`.
 */
import type { Selectable } from "kysely";
import type { FastifyInstance } from "fastify";

import type {
  FeedbackRequest,
  PriorityRequest,
  ReaderAction,
  ReaderActionRequest,
  RenewRequest,
} from "../../domain/api.ts";
import { TIERS, type Feedback, type PriorityOverride } from "../../domain/worklist.ts";
import { changeStudy, renewClaim, type StudyChange } from "../../store/readings.ts";
import type { StudyTable } from "../../store/schema.ts";
import { conflict, HttpError, notFound } from "../errors.ts";
import { ACTION_DONE, READER, READING_RULES } from "../reading-rules.ts";
import type { AppContext } from "./app.ts";

type Row = Selectable<StudyTable>;

const REASON = { type: "string", maxLength: 200, pattern: "^[^\\u0000-\\u001f\\u007f]*$" };
const ACTION_BODY = { type: "object", required: ["reader"], properties: { reader: READER, reason: REASON } };
const RENEW_BODY = { type: "object", required: ["reader"], properties: { reader: READER } };
const PRIORITY_BODY = {
  type: "object",
  required: ["reader", "tier", "reason"],
  properties: { reader: READER, tier: { enum: [...TIERS, null] }, reason: REASON },
};
const FEEDBACK_BODY = {
  type: "object",
  required: ["reader", "agrees"],
  properties: { reader: READER, agrees: { type: "boolean" } },
};

export interface StudyParams {
  readonly studyInstanceUid: string;
}

export function addActionRoutes(app: FastifyInstance, { db }: AppContext): void {
  const change = async (uid: string, decide: (row: Row, now: Date) => StudyChange | null) => {
    if (!(await changeStudy(db, uid, decide))) throw notFound("The study");
    return { ok: true };
  };

  for (const action of Object.keys(READING_RULES) as ReaderAction[]) {
    app.post<{ Params: StudyParams; Body: ReaderActionRequest }>(
      `/api/studies/:studyInstanceUid/${action}`,
      { schema: { body: ACTION_BODY } },
      async ({ params, body }) => {
        const who = body.reader.trim();
        return change(params.studyInstanceUid, (row, now) => {
          const set = READING_RULES[action](row, who, now);
          return set && { set, audit: { who, what: ACTION_DONE[action], detail: body.reason?.trim() ?? "" } };
        });
      },
    );
  }

  app.post<{ Params: StudyParams; Body: FeedbackRequest }>(
    "/api/studies/:studyInstanceUid/feedback",
    { schema: { body: FEEDBACK_BODY } },
    async ({ params, body }) => {
      const who = body.reader.trim();
      return change(params.studyInstanceUid, ({ finding }, now) => {
        if (!finding) throw conflict("There is no finding to agree or disagree with.");
        const feedback: Feedback = { reader: who, agrees: body.agrees, at: now.toISOString() };
        const about = `${finding.label}, probability ${finding.probability.toFixed(3)}, by ${finding.model.name} ${finding.model.version}`;
        return {
          set: { feedback: JSON.stringify(feedback) },
          audit: { who, what: body.agrees ? "agreed" : "disagreed", detail: about },
        };
      });
    },
  );

  app.post<{ Params: StudyParams; Body: PriorityRequest }>(
    "/api/studies/:studyInstanceUid/priority",
    { schema: { body: PRIORITY_BODY } },
    async ({ params, body }) => {
      const [who, reason, tier] = [body.reader.trim(), body.reason.trim(), body.tier];
      return change(params.studyInstanceUid, ({ override }, now) => {
        if (tier === null) {
          return (
            override && {
              set: { override: null },
              audit: { who, what: "priority given back", detail: reason },
            }
          );
        }
        if (reason === "") throw new HttpError(400, "bad-request", "reason: expected why, got nothing.");
        const next: PriorityOverride = { tier, reason, reader: who, at: now.toISOString() };
        const detail = `${tier}: ${reason}`;
        return { set: { override: JSON.stringify(next) }, audit: { who, what: "priority set", detail } };
      });
    },
  );

  // Not audited: a reader at work says so once a minute.
  app.post<{ Params: StudyParams; Body: RenewRequest }>(
    "/api/studies/:studyInstanceUid/renew",
    { schema: { body: RENEW_BODY } },
    async ({ params, body }) => {
      const isHeld = await renewClaim(db, params.studyInstanceUid, body.reader.trim(), "claimed");
      if (!isHeld) throw conflict("The study is not claimed by this reader.");
      return { ok: true };
    },
  );
}
