import { describe, expect, it } from "vitest";

import type { FindingSummary, WorklistItem } from "../../domain/worklist.ts";
import { DEFAULT_POLICY } from "../policy.ts";
import { groupWaits } from "./replay-groups.ts";
import { byPolicy, firstCome, replayLog } from "./replay.ts";
import type { LoggedStudy } from "./replay.ts";

const START = Date.parse("2026-03-01T08:00:00Z");

function finding(probability: number): FindingSummary {
  const flagged = probability >= 0.5;
  return {
    ...{ model: { name: "m", version: "1" }, label: flagged ? "hemorrhage" : "normal", probability, flagged },
    ...{ threshold: 0.5, sliceCount: 1, suspiciousSliceCount: 1, peakSliceIndex: 0 },
  };
}

function study(minute: number, probability: number, change: Partial<LoggedStudy> = {}): LoggedStudy {
  const arrivedAt = new Date(START + minute * 60_000).toISOString();
  const item: WorklistItem = {
    studyInstanceUid: `1.${minute}`,
    patient: { name: "", id: "", sex: "", age: "" },
    ...{ accessionNumber: "", description: "", orderPriority: "routine", patientClass: "unknown" },
    ...{
      studyAt: null,
      studiedAt: null,
      attributes: {},
      override: null,
      arrivedAt,
      lastInstanceAt: arrivedAt,
    },
    ...{ instanceCount: 1, analysis: "scored", analysisReason: "", skippedCount: 0 },
    ...{ finding: finding(probability), reading: "waiting", reader: null, claimedAt: null, readAt: null },
    feedback: null,
  };
  return { item, foundAtMs: null, readingMs: 600_000, waitedMs: null, truth: null, ...change };
}

const studies = [study(0, 0.1), study(1, 0.1), study(2, 0.1), study(3, 0.9, { truth: true })];

describe("replayLog", () => {
  it("reads the log first come, first served", () => {
    expect([...replayLog(studies, 1, firstCome)]).toEqual([0, 9, 18, 27]);
    expect([...replayLog(studies, 2, firstCome)]).toEqual([0, 0, 8, 8]);
  });

  it("reads it as the policy ranks it", () => {
    expect([...replayLog(studies, 1, byPolicy(DEFAULT_POLICY))]).toEqual([0, 19, 28, 7]);
  });

  it("does not know a finding before it came", () => {
    const late = [...studies.slice(0, 3), study(3, 0.9, { foundAtMs: START + 15 * 60_000 })];
    expect([...replayLog(late, 1, byPolicy(DEFAULT_POLICY))]).toEqual([0, 9, 28, 17]);
  });

  it("waits for the next arrival when nobody waits", () => {
    expect([...replayLog([study(0, 0.1), study(60, 0.1)], 1, firstCome)]).toEqual([0, 0]);
  });
});

describe("groupWaits", () => {
  it("shows who is sooner and who later, and leaves out groups without a study", () => {
    const groups = groupWaits({
      studies,
      fifoMin: replayLog(studies, 1, firstCome),
      policyMin: replayLog(studies, 1, byPolicy(DEFAULT_POLICY)),
    });
    expect(groups.map(({ group }) => group)).toEqual([
      "all",
      "aiPositive",
      "aiNegative",
      "diseased",
      "routineOrder",
    ]);
    const [, positive, negative] = groups;
    expect(positive?.delay).toMatchObject({ count: 1, soonerShare: 1, meanChangeMin: -20 });
    expect(negative?.delay).toMatchObject({ count: 3, laterShare: 2 / 3, laterWorstMin: 10 });
    expect(negative?.logged).toBeNull();
  });
});
