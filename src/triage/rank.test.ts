import { describe, expect, it } from "vitest";

import { plainItem } from "../../tests/fixtures/plain-item.ts";
import type { WorklistItem } from "../domain/worklist.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { prioritize } from "./prioritize.ts";
import { rankWorklist } from "./rank.ts";

const NOW = Date.parse("2026-03-01T22:00:00Z");
const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

function study(uid: string, facts: Partial<WorklistItem> = {}): WorklistItem {
  return plainItem({
    studyInstanceUid: uid,
    arrivedAt: minutesAgo(10),
    lastInstanceAt: minutesAgo(10),
    instanceCount: 30,
    finding: finding(0.04),
    ...facts,
  });
}

function finding(probability: number): NonNullable<WorklistItem["finding"]> {
  const flagged = probability >= 0.5;
  return {
    model: { name: "m", version: "1" },
    label: flagged ? "hemorrhage" : "normal",
    probability,
    flagged,
    threshold: 0.5,
    sliceCount: 30,
    suspiciousSliceCount: flagged ? 9 : 0,
    peakSliceIndex: 12,
  };
}

const order = (...items: WorklistItem[]): string[] =>
  rankWorklist(items, DEFAULT_POLICY, NOW).map(({ item }) => item.studyInstanceUid);

describe("rankWorklist", () => {
  it("puts a suspected bleed that came last before a STAT order and an older routine", () => {
    const bleed = study("bleed", { finding: finding(0.93), arrivedAt: minutesAgo(1) });
    const stat = study("stat", { orderPriority: "stat", arrivedAt: minutesAgo(20) });
    expect(order(study("routine", { arrivedAt: minutesAgo(90) }), stat, bleed)).toEqual([
      "bleed",
      "stat",
      "routine",
    ]);
  });

  it("within a tier takes the longest waiting first", () => {
    expect(order(study("b"), study("a", { arrivedAt: minutesAgo(11) }))).toEqual(["a", "b"]);
  });

  it("without a finding ranks as the order alone would: no AI, no delay", () => {
    const unscored = study("unscored", { finding: null, analysis: "failed", arrivedAt: minutesAgo(12) });
    expect(order(study("scored"), unscored)).toEqual(["unscored", "scored"]);
  });

  it("keeps a claimed study in its place and puts read ones last, latest first", () => {
    const claimed = study("claimed", { reading: "claimed", arrivedAt: minutesAgo(30) });
    const early = study("early", { reading: "read", readAt: minutesAgo(9), finding: finding(0.99) });
    const late = study("late", { reading: "read", readAt: minutesAgo(2) });
    expect(order(early, study("waiting"), late, claimed)).toEqual(["claimed", "waiting", "late", "early"]);
  });

  it("lets nothing wait for ever: each tier reaches critical in the end", () => {
    for (const orderPriority of ["stat", "urgent", "routine", "low"] as const) {
      const old = study("old", { orderPriority, arrivedAt: minutesAgo(24 * 60) });
      const fresh = study("fresh", { finding: finding(0.99), arrivedAt: minutesAgo(0) });
      expect(order(fresh, old)).toEqual(["old", "fresh"]);
    }
  });

  it("breaks a full tie by UID, whatever the input order", () => {
    expect(order(study("y"), study("x"))).toEqual(["x", "y"]);
  });

  it("counts a study from the future as just arrived", () => {
    const future = study("future", { arrivedAt: new Date(NOW + 3_600_000).toISOString() });
    expect(prioritize(future, DEFAULT_POLICY, NOW).tier).toBe("routine");
  });
});

describe("prioritize", () => {
  it("says why in words", () => {
    const say = (facts: Partial<WorklistItem>): string =>
      prioritize(study("s", facts), DEFAULT_POLICY, NOW).reason;
    expect(say({ finding: finding(0.93), orderPriority: "stat" })).toBe(
      "Suspected hemorrhage (93 %) on 9 slices; STAT order",
    );
    expect(say({})).toBe("Routine order; no bleed found");
    expect(say({ analysis: "scoring", finding: null })).toBe("Routine order; not scored yet");
    expect(say({ arrivedAt: minutesAgo(241) })).toBe(
      "Routine order; no bleed found; waiting over 4 h, moved up to urgent",
    );
  });

  it("puts a reader's word before the model's", () => {
    const feedback = { reader: "Dr Weber", agrees: false, at: minutesAgo(1) };
    expect(prioritize(study("fp", { finding: finding(0.9), feedback }), DEFAULT_POLICY, NOW)).toEqual({
      tier: "routine",
      reason: "Routine order; no hemorrhage, says Dr Weber",
    });
    expect(prioritize(study("fn", { feedback }), DEFAULT_POLICY, NOW)).toEqual({
      tier: "critical",
      reason: "Hemorrhage seen by Dr Weber; Routine order",
    });
  });
});
