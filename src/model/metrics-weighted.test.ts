import { describe, expect, it } from "vitest";

import { prPoints, rocPoints } from "./metrics-curves.ts";
import {
  aucOf,
  averagePrecisionOf,
  brierOf,
  callsAt,
  countsByThreshold,
  logLossOf,
  sortCases,
} from "./metrics-weighted.ts";

const ones = (count: number) => new Float64Array(count).fill(1);

/** The example of scikit-learn's `average_precision_score` and `roc_auc_score`. */
const example = sortCases([0.1, 0.4, 0.35, 0.8], [false, false, true, true]);

describe("countsByThreshold", () => {
  it("takes equal scores together, and begins with nothing called", () => {
    const cases = sortCases([0.9, 0.5, 0.5, 0.1], [true, true, false, false]);
    expect(countsByThreshold(cases, ones(4))).toEqual([
      { threshold: Infinity, hits: 0, alarms: 0 },
      { threshold: 0.9, hits: 1, alarms: 0 },
      { threshold: 0.5, hits: 2, alarms: 1 },
      { threshold: 0.1, hits: 2, alarms: 2 },
    ]);
  });
});

describe("the curves' areas", () => {
  it("are scikit-learn's documented 0.75 and 0.83", () => {
    const counts = countsByThreshold(example, ones(4));
    expect(aucOf(counts)).toBeCloseTo(0.75, 12);
    expect(averagePrecisionOf(counts)).toBeCloseTo(5 / 6, 12);
  });

  it("count ties one half", () => {
    const tied = sortCases([1, 1, 1, 1], [true, false, true, false]);
    expect(aucOf(countsByThreshold(tied, ones(4)))).toBe(0.5);
    expect(averagePrecisionOf(countsByThreshold(tied, ones(4)))).toBe(0.5);
  });

  it("weigh a case as often as it was drawn", () => {
    // The positive 0.35 (third by falling score) drawn twice: pairs 0.8 ≥ both, 0.35 ≥ one: (2 + 1 + 1) / (3 · 2).
    const counts = countsByThreshold(example, [1, 1, 2, 1]);
    expect(aucOf(counts)).toBeCloseTo(4 / 6, 12);
    // Precisions 1 and 3/4 for gains of 1/3 and 2/3.
    expect(averagePrecisionOf(counts)).toBeCloseTo(1 / 3 + (2 / 3) * (3 / 4), 12);
  });

  it("are not defined with one kind only", () => {
    const counts = countsByThreshold(sortCases([0.1, 0.2], [false, false]), ones(2));
    expect(aucOf(counts)).toBeNaN();
    expect(averagePrecisionOf(counts)).toBeNaN();
  });
});

describe("rocPoints and prPoints", () => {
  it("are scikit-learn's documented curves of the example", () => {
    const counts = countsByThreshold(example, ones(4));
    expect(rocPoints(counts)).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 0.5],
      [0.5, 1],
      [1, 1],
    ]);
    expect(prPoints(counts)).toEqual([
      [0, 1],
      [0.5, 1],
      [0.5, 0.5],
      [1, 2 / 3],
      [1, 0.5],
    ]);
  });
});

describe("callsAt", () => {
  it("calls what stands at the threshold", () => {
    expect(callsAt(example, ones(4), 0.4)).toEqual({ hits: 1, misses: 1, alarms: 1, cleared: 1 });
    expect(callsAt(example, ones(4), 0.9)).toEqual({ hits: 0, misses: 2, alarms: 0, cleared: 2 });
  });
});

describe("brierOf and logLossOf", () => {
  it("are scikit-learn's documented 0.0375 and 0.21616", () => {
    const brier = sortCases([0.1, 0.9, 0.8, 0.3], [false, true, true, false]);
    expect(brierOf(brier, ones(4))).toBeCloseTo(0.0375, 12);
    const loss = sortCases([0.9, 0.1, 0.2, 0.65], [true, false, false, true]);
    expect(logLossOf(loss, ones(4))).toBeCloseTo(0.21616, 5);
  });

  it("does not take a certain mistake for an endless one", () => {
    expect(logLossOf(sortCases([0], [true]), ones(1))).toBeCloseTo(-Math.log(1e-7), 6);
  });
});
