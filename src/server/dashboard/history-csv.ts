/**
 * @file The history as CSV, in the columns that `firstread simulate --log` reads.
 */
import type { HistoryLine } from "../../store/history.ts";

const COLUMNS = [
  ...["arrival", "priority", "class", "probability", "flagged", "truth"],
  ...["reading_start", "reading_end", "finding_at"],
];

const bit = (value: boolean | null): string => (value === null ? "" : value ? "1" : "0");
const instant = (at: Date | null): string => at?.toISOString() ?? "";

/** What a reader who judged the finding says there is; null when nobody judged. */
export const truthOf = ({ flagged, agrees }: Pick<HistoryLine, "flagged" | "agrees">): boolean | null =>
  flagged === null || agrees === null ? null : agrees === flagged;

function toLine(line: HistoryLine): string {
  return [
    instant(line.arrivedAt),
    ...[line.priority, line.patientClass, line.probability === null ? "" : String(line.probability)],
    ...[bit(line.flagged), bit(truthOf(line))],
    ...[instant(line.openedAt), instant(line.readAt), instant(line.foundAt)],
  ].join(",");
}

/** The head, then the lines as they come. */
export async function* historyCsv(pages: AsyncIterable<readonly HistoryLine[]>): AsyncGenerator<string> {
  yield `${COLUMNS.join(",")}\n`;
  for await (const lines of pages) yield `${lines.map(toLine).join("\n")}\n`;
}
