import { describe, expect, it } from "vitest";

import { ANALYSIS, IllegalTransition, nextAnalysis, nextReading } from "./lifecycle.ts";

describe("the life of a study", () => {
  it("goes from arriving to scored", () => {
    expect(nextAnalysis("arriving", "quiet")).toBe("settled");
    expect(nextAnalysis("settled", "scoring-started")).toBe("scoring");
    expect(nextAnalysis("scoring", "finding")).toBe("scored");
  });

  it("reopens for an instance that comes late, from every state", () => {
    for (const state of Object.keys(ANALYSIS) as (keyof typeof ANALYSIS)[]) {
      expect(nextAnalysis(state, "instance-arrived")).toBe("arriving");
    }
  });

  it("is scored again after a worker died", () => {
    expect(nextAnalysis("scoring", "worker-lost")).toBe("settled");
  });

  it("frees a study whose claim ended, and no other", () => {
    expect(nextReading("claimed", "expire")).toBe("waiting");
    expect(() => nextReading("read", "expire")).toThrow(IllegalTransition);
  });

  it("refuses what a state does not know, and says what it knows", () => {
    expect(() => nextAnalysis("arriving", "finding")).toThrow(IllegalTransition);
    expect(() => nextReading("read", "claim")).toThrow(
      'A study that is read cannot take "claim"; it can take: reopen.',
    );
  });
});
