/**
 * @file What readers do with a study: claim, release, mark read, reopen, score again, agree or disagree.
 *
 * The rules are the lifecycle's; here stands only whose study it is.
 */
import type { Updateable, Selectable } from "kysely";
import type { FastifyInstance } from "fastify";

import type { FeedbackRequest, ReaderAction, ReaderActionRequest } from "../../domain/api.ts";
import type { Feedback } from "../../domain/worklist.ts";
import { changeStudy, type StudyChange } from "../../store/readings.ts";
import type { StudyTable } from "../../store/schema.ts";
import { nextAnalysis, nextReading } from "../../triage/lifecycle.ts";
import { conflict, notFound } from "../errors.ts";
import type { AppContext } from "./app.ts";

type Row = Selectable<StudyTable>;
/** Decides an action on the locked row: what to write, or null when it is so already. */
type Rule = (row: Row, reader: string, now: Date) => Updateable<StudyTable> | null;

/** @throws HttpError 409 when another reader holds the study. */
function refuseIfAnothers(row: Row, reader: string): void {
  if (row.reading !== "claimed" || row.reader === reader) return;
  throw conflict(`${row.reader ?? "Another reader"} has this study.`);
}

const RULES: Readonly<Record<ReaderAction, Rule>> = {
  claim: (row, reader, now) => {
    refuseIfAnothers(row, reader);
    if (row.reading === "claimed") return null;
    return { reading: nextReading(row.reading, "claim"), reader, claimed_at: now };
  },
  release: (row, reader) => {
    refuseIfAnothers(row, reader);
    return { reading: nextReading(row.reading, "release"), reader: null, claimed_at: null };
  },
  read: (row, reader, now) => {
    refuseIfAnothers(row, reader);
    if (row.reading === "read" && row.reader === reader) return null;
    return { reading: nextReading(row.reading, "read"), reader, read_at: now };
  },
  reopen: (row) => ({
    reading: nextReading(row.reading, "reopen"),
    reader: null,
    claimed_at: null,
    read_at: null,
  }),
  rescore: (row) => ({ analysis: nextAnalysis(row.analysis, "rescore"), analysis_reason: "" }),
};

const DONE: Readonly<Record<ReaderAction, string>> = {
  claim: "claimed",
  release: "released",
  read: "read",
  reopen: "reopened",
  rescore: "asked for a new score",
};

/** A reader's name: 1 to 64 characters, none of them a control character. */
export const READER = {
  type: "string",
  minLength: 1,
  maxLength: 64,
  pattern: "^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$",
};
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

  for (const action of Object.keys(RULES) as ReaderAction[]) {
    app.post<{ Params: StudyParams; Body: ReaderActionRequest }>(
      `/api/studies/:studyInstanceUid/${action}`,
      { schema: { body: ACTION_BODY } },
      async ({ params, body }) => {
        const who = body.reader.trim();
        return change(params.studyInstanceUid, (row) => {
          const set = RULES[action](row, who, new Date());
          return set && { set, audit: { who, what: DONE[action] } };
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
