import { describe, expect, it } from "vitest";

import { parseLog } from "./log-csv.ts";

const DEFAULTS = { threshold: 0.5, readingMin: null };
const parse = (text: string, defaults: Partial<typeof DEFAULTS> = {}) =>
  parseLog(text, "log.csv", { ...DEFAULTS, ...defaults });

describe("parseLog", () => {
  it("reads a line", () => {
    const [study] = parse(
      "arrival,priority,class,probability,truth,reading_start,reading_end,finding_at\n" +
        "2026-03-01T08:00:00+01:00,STAT,emergency,0.7,1,2026-03-01T07:20:00Z,2026-03-01T07:32:00Z,2026-03-01T07:02:00Z\n",
    );
    expect(study?.item).toMatchObject({
      arrivedAt: "2026-03-01T07:00:00.000Z",
      orderPriority: "stat",
      patientClass: "emergency",
      analysis: "scored",
      finding: { probability: 0.7, flagged: true },
    });
    expect(study).toMatchObject({
      readingMs: 12 * 60_000,
      waitedMs: 20 * 60_000,
      truth: true,
      foundAtMs: Date.parse("2026-03-01T07:02:00Z"),
    });
  });

  it("sorts by arrival, and gives a line without a reading time the median of the others", () => {
    const studies = parse(
      "arrival,reading_minutes\n2026-03-01T09:00Z,\n2026-03-01T08:00Z,5\n2026-03-01T10:00Z,7\n2026-03-01T11:00Z,50\n",
    );
    expect(studies.map(({ readingMs }) => readingMs / 60_000)).toEqual([5, 7, 7, 50]);
    expect(studies[1]?.item).toMatchObject({ finding: null, analysis: "failed", orderPriority: "routine" });
  });

  it.each([
    ["when,what\n", 'log.csv, line 1: a column "arrival" is expected among when, what'],
    ["arrival\nyesterday\n", 'log.csv, line 2: arrival: an ISO 8601 instant is expected, not "yesterday"'],
    [
      "arrival,priority\n\n2026-03-01T08:00Z,soon\n",
      'line 3: priority: one of stat, urgent, routine, low is expected, not "soon"',
    ],
    ["arrival,probability\n2026-03-01T08:00Z,1.2\n", "line 2: probability: 0…1 is expected, not 1.2"],
    ["arrival\n2026-03-01T08:00Z\n", "log.csv: reading times are expected"],
  ])("says what is wrong with %j", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
