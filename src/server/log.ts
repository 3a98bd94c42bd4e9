/**
 * @file The log: one line an event, for a person or as JSON. Never a patient identifier.
 *
 * A Study Instance UID leads to a patient in any PACS, so a line names a study by a short hash of it.
 */
import { createHash } from "node:crypto";

export type LogLevel = "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** A study's name in the log: the first 10 hex digits of the SHA-256 of its UID. */
export function studyTag(studyInstanceUid: string): string {
  return createHash("sha256").update(studyInstanceUid).digest("hex").slice(0, 10);
}

/** What an error says, with its causes, on one line. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : ` (${errorText(error.cause)})`;
  return `${error.message}${cause}`.replaceAll(/\s+/g, " ");
}

/** A log that writes to standard error, so that standard output stays a command's answer. */
export function createLog(format: "text" | "json"): Log {
  return (level, message, fields = {}) => {
    const at = new Date().toISOString();
    const line =
      format === "json"
        ? JSON.stringify({ at, level, message, ...fields })
        : `${at} ${level.padEnd(5)} ${message}${Object.entries(fields)
            .map(([name, value]) => ` ${name}=${typeof value === "string" ? JSON.stringify(value) : value}`)
            .join("")}`;
    process.stderr.write(`${line}\n`);
  };
}
