/**
 * @file What readers do with a study, decided on its locked row: the same rules whether the page asks or a DICOM client.
 *
 * The transitions are the lifecycle's; here stands only whose study it is.
 */
import type { Selectable, Updateable } from "kysely";

import type { ReaderAction } from "../domain/api.ts";
import type { StudyTable } from "../store/schema.ts";
import { nextAnalysis, nextReading } from "../triage/lifecycle.ts";
import { conflict } from "./errors.ts";

type Row = Selectable<StudyTable>;
/** Decides an action on the locked row: what to write, or null when it is so already. */
type Rule = (row: Row, reader: string, now: Date) => Updateable<StudyTable> | null;

/** @throws HttpError 409 when another reader holds the study. */
function refuseIfAnothers(row: Row, reader: string): void {
  if (row.reading !== "claimed" || row.reader === reader) return;
  throw conflict(`${row.reader ?? "Another reader"} has this study.`);
}

export const READING_RULES: Readonly<Record<ReaderAction, Rule>> = {
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

/** How the audit names what was done. */
export const ACTION_DONE: Readonly<Record<ReaderAction, string>> = {
  claim: "claimed",
  release: "released",
  read: "read",
  reopen: "reopened",
  rescore: "asked for a new score",
};

const READER_PATTERN = "^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$";

/** A reader's name: 1 to 64 characters, none of them a control character. */
export const READER = { type: "string", minLength: 1, maxLength: 64, pattern: READER_PATTERN };

/** Whether a text can be a reader's name. */
export const isReader = (text: string): boolean => text.length <= 64 && new RegExp(READER_PATTERN).test(text);
