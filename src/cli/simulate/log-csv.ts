/**
 * @file A department's log as CSV: one line a study. `docs/simulate.md` describes the columns; a server exports its
 * own history in the same.
 */
import { ORDER_PRIORITIES, PATIENT_CLASSES } from "../../domain/study.ts";
import type { FindingSummary, WorklistItem } from "../../domain/worklist.ts";
import { csvValues } from "../../model/dataset/csv.ts";
import type { LoggedStudy } from "../../triage/queueing/replay.ts";

/** What a log does not say. */
export interface LogDefaults {
  /** Probability from which a finding counts as positive, where the log has no column `flagged`. */
  readonly threshold: number;
  /** Reading minutes of a study whose line has none; null to take the median of the others. */
  readonly readingMin: number | null;
}

/** A line that cannot be read: the file, the line, what was expected, what came. */
export class LogLineError extends Error {
  override readonly name = "LogLineError";
}

type Fields = (column: string) => string;

const REPLAYED = { name: "log", version: "" };

function instant(fields: Fields, column: string): number | null {
  const text = fields(column);
  if (text === "") return null;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new LogLineError(`${column}: an ISO 8601 instant is expected, not "${text}"`);
  return at;
}

function quantity(fields: Fields, column: string): number | null {
  const text = fields(column);
  if (text === "") return null;
  const value = Number(text);
  if (!(value >= 0)) throw new LogLineError(`${column}: a number from 0 is expected, not "${text}"`);
  return value;
}

function truth(fields: Fields, column: string): boolean | null {
  const text = fields(column).toLowerCase();
  if (text === "") return null;
  if (["1", "true", "yes"].includes(text)) return true;
  if (["0", "false", "no"].includes(text)) return false;
  throw new LogLineError(`${column}: 1 or 0 is expected, not "${text}"`);
}

function oneOf<Name extends string>(
  fields: Fields,
  column: string,
  names: readonly Name[],
  other: Name,
): Name {
  const text = fields(column).toLowerCase();
  if (text === "") return other;
  const found = names.find((name) => name === text);
  if (found === undefined) {
    throw new LogLineError(`${column}: one of ${names.join(", ")} is expected, not "${text}"`);
  }
  return found;
}

function findingOf(fields: Fields, threshold: number): FindingSummary | null {
  const probability = quantity(fields, "probability");
  if (probability === null) return null;
  if (probability > 1) throw new LogLineError(`probability: 0…1 is expected, not ${probability}`);
  const flagged = truth(fields, "flagged") ?? probability >= threshold;
  const label = flagged ? "hemorrhage" : "normal";
  return {
    ...{ model: REPLAYED, label, probability, flagged, threshold },
    ...{ sliceCount: 0, suspiciousSliceCount: 0, peakSliceIndex: 0 },
  };
}

/** A line, but for a reading time that it does not give. */
type ParsedLine = Omit<LoggedStudy, "readingMs"> & { readonly readingMs: number | null };

function parseLine(fields: Fields, studyInstanceUid: string, threshold: number): ParsedLine {
  const arrivedMs = instant(fields, "arrival");
  if (arrivedMs === null) throw new LogLineError("arrival: an ISO 8601 instant is expected, not nothing");
  const arrivedAt = new Date(arrivedMs).toISOString();
  const openedMs = instant(fields, "reading_start");
  const endedMs = instant(fields, "reading_end");
  const minutes = quantity(fields, "reading_minutes");
  const measuredMs = openedMs !== null && endedMs !== null ? Math.max(0, endedMs - openedMs) : null;
  const finding = findingOf(fields, threshold);
  const item: WorklistItem = {
    studyInstanceUid,
    patient: { name: "", id: "", sex: "", age: "" },
    ...{
      accessionNumber: "",
      description: "",
      studyAt: null,
      studiedAt: null,
      attributes: {},
      override: null,
    },
    orderPriority: oneOf(fields, "priority", ORDER_PRIORITIES, "routine"),
    patientClass: oneOf(fields, "class", PATIENT_CLASSES, "unknown"),
    ...{ arrivedAt, lastInstanceAt: arrivedAt, instanceCount: 1, skippedCount: 0 },
    ...{ analysis: finding ? "scored" : "failed", analysisReason: "", finding },
    ...{ reading: "waiting", reader: null, claimedAt: null, readAt: null, feedback: null },
  };
  return {
    item,
    foundAtMs: finding ? instant(fields, "finding_at") : null,
    readingMs: minutes !== null ? minutes * 60_000 : measuredMs,
    waitedMs: openedMs === null ? null : Math.max(0, openedMs - arrivedMs),
    truth: truth(fields, "truth"),
  };
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/**
 * The studies of a log, in the order of arrival.
 *
 * @param name of the file, for messages
 * @throws Error naming the file and the line, what was expected and what came
 */
export function parseLog(text: string, name: string, { threshold, readingMin }: LogDefaults): LoggedStudy[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const columns = csvValues(lines[0] ?? "").map((column) => column.toLowerCase());
  if (!columns.includes("arrival")) {
    throw new LogLineError(`${name}, line 1: a column "arrival" is expected among ${columns.join(", ")}`);
  }
  const parsed = lines.slice(1).flatMap((line, i) => {
    if (line.trim() === "") return [];
    const values = csvValues(line);
    const fields: Fields = (column) => values[columns.indexOf(column)] ?? "";
    try {
      return [parseLine(fields, `2.25.${i + 1}`, threshold)];
    } catch (error) {
      if (!(error instanceof LogLineError)) throw error;
      throw new LogLineError(`${name}, line ${i + 2}: ${error.message}`, { cause: error });
    }
  });
  const known = parsed.flatMap(({ readingMs }) => (readingMs === null ? [] : [readingMs]));
  const usualMs = readingMin !== null ? readingMin * 60_000 : median(known);
  if (usualMs === undefined) {
    throw new LogLineError(
      `${name}: reading times are expected (reading_minutes, or reading_start and reading_end), or --reading-default`,
    );
  }
  return parsed
    .map((study) => ({ ...study, readingMs: study.readingMs ?? usualMs }))
    .sort((a, b) => Date.parse(a.item.arrivedAt) - Date.parse(b.item.arrivedAt));
}
