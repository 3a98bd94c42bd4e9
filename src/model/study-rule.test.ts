import { describe, expect, it } from "vitest";

import { agreedProbabilities, DEFAULT_STUDY_RULE, findStudy, parseStudyRule } from "./study-rule.ts";
import type { ScoredSlice } from "./study-rule.ts";

/** 5 mm slices, touching, with these probabilities. */
const stack = (...probabilities: number[]): ScoredSlice[] =>
  probabilities.map((probability, i) => ({ positionMm: 5 * i, thicknessMm: 5, probability }));

const rule = { spanMm: 10, largestLogit: 5 };

describe("agreedProbabilities", () => {
  it("weighs a slice by half and its two neighbours by a quarter when the span is two slices", () => {
    // log-odds of 0.9 and 0.1 are ±ln 9 = ±2.1972: (2 · 2.1972 − 2 · 2.1972) / 4 = 0 → 0.5
    expect(agreedProbabilities(stack(0.1, 0.9, 0.1), rule)[1]).toBeCloseTo(0.5, 6);
    // (2 · 2.1972 + 2.1972 − 2.1972) / 4 = 1.0986 = ln 3 → 3/4
    expect(agreedProbabilities(stack(0.9, 0.9, 0.1), rule)[1]).toBeCloseTo(0.75, 6);
  });

  it("leaves out what lies beyond the first and last slice", () => {
    // 5 mm of its own and 2.5 mm of the neighbour: (2 · 2.1972 − 2.1972) / 3 = 0.7324 → 0.6753
    expect(agreedProbabilities(stack(0.9, 0.1), rule)[0]).toBeCloseTo(0.6753, 4);
  });

  it("takes certain slices as the largest log-odds", () => {
    expect(agreedProbabilities(stack(1), rule)[0]).toBeCloseTo(0.9933, 4); // 1 / (1 + e^-5)
    expect(agreedProbabilities(stack(0), rule)[0]).toBeCloseTo(0.0067, 4);
  });

  it("counts millimetres, not slices", () => {
    const thin = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((mm) => ({
      positionMm: mm,
      thicknessMm: 1,
      probability: 0.1,
    }));
    const speck = thin.map((slice, i) => (i === 5 ? { ...slice, probability: 0.9 } : slice));
    // 10 mm around slice 5: ½ mm of slice 0, all of 1…9, one of which speaks for: (8.5 · −1 + 1) · 2.1972 / 9.5
    expect(agreedProbabilities(speck, rule)[5]).toBeCloseTo(1 / (1 + Math.exp((7.5 * 2.1972) / 9.5)), 4);
  });

  it("takes the distance to the neighbour where the thickness is unknown", () => {
    const unknown = stack(0.1, 0.9, 0.1).map((slice) => ({ ...slice, thicknessMm: null }));
    expect(agreedProbabilities(unknown, rule)[1]).toBeCloseTo(0.5, 6);
  });
});

describe("findStudy", () => {
  it("does not flag one bright speck, but flags the same on two neighbours", () => {
    expect(findStudy(stack(0.05, 0.05, 0.9, 0.05, 0.05), rule, 0.5).flagged).toBe(false);
    expect(findStudy(stack(0.05, 0.05, 0.9, 0.9, 0.05), rule, 0.5)).toMatchObject({
      flagged: true,
      peakSliceIndex: 2,
      suspiciousSliceIndices: [2, 3],
    });
  });

  it("says nothing of a study without slices", () => {
    expect(findStudy([], rule, 0)).toEqual({
      probability: 0,
      flagged: false,
      peakSliceIndex: -1,
      suspiciousSliceIndices: [],
    });
  });
});

describe("parseStudyRule", () => {
  it("fills in the default and refuses nonsense", () => {
    expect(parseStudyRule(null)).toEqual(DEFAULT_STUDY_RULE);
    expect(parseStudyRule({ spanMm: 15 })).toEqual({ ...DEFAULT_STUDY_RULE, spanMm: 15 });
    expect(() => parseStudyRule({ spanMm: 0 })).toThrow(RangeError);
  });
});
