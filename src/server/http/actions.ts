/**
 * @file What readers do with a study: claim, release, mark read, reopen, score again, agree or disagree.
 *
 * What is allowed is decided by `reading-rules.ts`.
 */
import type { Selectable } from "kysely";
import type { FastifyInstance } from "fastify";

import type { FeedbackRequest, ReaderAction, ReaderActionRequest } from "../../domain/api.ts";
import type { Feedback } from "../../domain/worklist.ts";
import { changeStudy, type StudyChange } from "../../store/readings.ts";
import type { StudyTable } from "../../store/schema.ts";
import { conflict, notFound } from "../errors.ts";
import { ACTION_DONE, READER, READING_RULES } from "../reading-rules.ts";
import type { AppContext } from "./app.ts";

type Row = Selectable<StudyTable>;

const ACTION_BODY = { type: "object", required: ["reader"], properties: { reader: READER } };
const FEEDBACK_BODY = {
  type: "object",
  required: ["reader", "agrees"],
  properties: { reader: READER, agrees: { type: "boolean" } },
};

export interface StudyParams {
  readonly studyInstanceUid: string;
}

export function addActionRoutes(app: FastifyInstance, { db }: AppContext): void {
  const change = async (uid: string, decide: (row: Row) => StudyChange | null) => {
    if (!(await changeStudy(db, uid, decide))) throw notFound("The study");
    return { ok: true };
  };

  for (const action of Object.keys(READING_RULES) as ReaderAction[]) {
    app.post<{ Params: StudyParams; Body: ReaderActionRequest }>(
      `/api/studies/:studyInstanceUid/${action}`,
      { schema: { body: ACTION_BODY } },
      async ({ params, body }) => {
        const who = body.reader.trim();
        return change(params.studyInstanceUid, (row) => {
          const set = READING_RULES[action](row, who, new Date());
          return set && { set, audit: { who, what: ACTION_DONE[action] } };
        });
      },
    );
  }

  app.post<{ Params: StudyParams; Body: FeedbackRequest }>(
    "/api/studies/:studyInstanceUid/feedback",
    { schema: { body: FEEDBACK_BODY } },
    async ({ params, body }) => {
      const who = body.reader.trim();
      return change(params.studyInstanceUid, ({ finding }) => {
        if (!finding) throw conflict("There is no finding to agree or disagree with.");
        const feedback: Feedback = { reader: who, agrees: body.agrees, at: new Date().toISOString() };
        const about = `${finding.label}, probability ${finding.probability.toFixed(3)}, by ${finding.model.name} ${finding.model.version}`;
        return {
          set: { feedback: JSON.stringify(feedback) },
          audit: { who, what: body.agrees ? "agreed" : "disagreed", detail: about },
        };
      });
    },
  );
}
