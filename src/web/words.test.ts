import { describe, expect, it } from "vitest";

import { plainItem as item } from "../../tests/fixtures/plain-item.ts";
import type { FindingSummary, WorklistItem } from "../domain/worklist.ts";
import { actionsFor, findingWords, keepUnits, readingWords } from "./words.ts";

const finding = (probability: number): FindingSummary => ({
  model: { name: "m", version: "1" },
  label: probability >= 0.5 ? "hemorrhage" : "normal",
  probability,
  flagged: probability >= 0.5,
  threshold: 0.5,
  sliceCount: 30,
  suspiciousSliceCount: probability >= 0.5 ? 9 : 0,
  peakSliceIndex: 12,
});

describe("findingWords", () => {
  const say = (facts: Partial<WorklistItem>, progress?: { done: number; total: number }): string => {
    const { tone, text, percent, note } = findingWords(item(facts), progress);
    return [tone, text, percent, note].join("|");
  };
  const disagrees = { reader: "Dr Weber", agrees: false, at: "" };

  it("says what the machine found, or why it found nothing", () => {
    expect(say({ finding: finding(0.93) })).toBe("suspected|Suspected hemorrhage|93 %|9 of 30 slices");
    expect(say({ finding: finding(0.04), skippedCount: 3 })).toBe(
      "clear|No bleed found|4 %|30 slices · 3 images skipped",
    );
    expect(say({ analysis: "scoring" }, { done: 12, total: 32 })).toBe("pending|Scoring 12/32||");
    expect(say({ analysis: "arriving" })).toBe("pending|Receiving, 1 image||");
    expect(say({ analysis: "failed", analysisReason: "No pixels." })).toBe(
      "unavailable|Analysis failed||No pixels.",
    );
  });

  it("lets a reader's word decide the colour, and keeps the model's", () => {
    expect(say({ finding: finding(0.93), feedback: disagrees })).toBe(
      "clear|Suspected hemorrhage|93 %|Dr Weber disagrees · 9 of 30 slices",
    );
    expect(say({ finding: finding(0.04), feedback: disagrees })).toBe(
      "suspected|Hemorrhage seen||by Dr Weber · model: no bleed found, 4 %",
    );
  });
});

describe("readingWords and actionsFor", () => {
  it("know whose study it is", () => {
    const claimed = item({ reading: "claimed", reader: "Dr Weber" });
    expect([readingWords(claimed, "Dr Weber"), actionsFor(claimed, "Dr Weber")]).toEqual([
      "You have it",
      ["read", "release"],
    ]);
    expect([readingWords(claimed, "Dr Roth"), actionsFor(claimed, "Dr Roth")]).toEqual([
      "Dr Weber has it",
      [],
    ]);
    expect(actionsFor(item({ reading: "read", reader: "Dr Weber" }), "Dr Roth")).toEqual(["reopen"]);
  });
});

describe("keepUnits", () => {
  it("ties a number to its unit only", () => {
    expect(keepUnits("waiting over 60 min on 9 slices")).toBe("waiting over 60\u00a0min on 9 slices");
  });
});
