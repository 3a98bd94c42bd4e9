import { describe, expect, it } from "vitest";

import { calibrationFit, eceOf, reliabilityBins } from "./metrics-calibration.ts";
import { sortCases } from "./metrics-weighted.ts";

const ones = (count: number) => new Float64Array(count).fill(1);

/** Four cases given 0.2, of which one is positive, and four given 0.8, of which three are. */
const two = sortCases(
  [0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8],
  [true, false, false, false, true, true, true, false],
);

describe("reliabilityBins and eceOf", () => {
  it("compare what was given with what was seen", () => {
    const bins = reliabilityBins(two);
    expect(bins.map(({ count }) => count)).toEqual([4, 4]);
    expect(bins.map(({ observed }) => observed.value)).toEqual([0.25, 0.75]);
    expect(bins[0]?.meanProbability).toBeCloseTo(0.2, 12);
    expect(eceOf(two, ones(8))).toBeCloseTo(0.05, 12);
  });

  it("puts a probability of 1 into the last bin", () => {
    expect(reliabilityBins(sortCases([1, 0.95], [true, true]))).toHaveLength(1);
  });
});

describe("calibrationFit", () => {
  it("goes through both points where there are two", () => {
    // logit(0.25) = -ln 3 at logit(0.2) = -ln 4, and the same mirrored.
    const { intercept, slope } = calibrationFit(two, ones(8));
    expect(slope).toBeCloseTo(Math.log(3) / Math.log(4), 9);
    expect(intercept).toBeCloseTo(0, 9);
  });

  it("in the large: moves all log-odds by one amount", () => {
    // Two of three positive at probability 1/2: the odds are off by a factor of 2.
    const cases = sortCases([0.5, 0.5, 0.5], [true, true, false]);
    expect(calibrationFit(cases, ones(3), { fixedSlope: 1 }).intercept).toBeCloseTo(Math.log(2), 9);
  });

  it("finds its way from certain mistakes", () => {
    // Given 1 - 1e-7 and 1e-7, one of two wrong either way: the intercept that makes both sides even is 0.
    const cases = sortCases([1, 1, 0, 0], [true, false, true, false]);
    expect(calibrationFit(cases, ones(4)).slope).toBeCloseTo(0, 9);
    // Three positives in four, all given 1e-7: the odds 3 for odds of 1e-7 / (1 - 1e-7).
    const low = sortCases([0, 0, 0, 0], [true, true, true, false]);
    const { intercept } = calibrationFit(low, ones(4), { fixedSlope: 1 });
    expect(intercept).toBeCloseTo(Math.log(3) - Math.log(1e-7 / (1 - 1e-7)), 6);
  });

  it("counts a case by its weight", () => {
    const cases = sortCases([0.5, 0.5], [true, false]);
    expect(calibrationFit(cases, [3, 1], { fixedSlope: 1 }).intercept).toBeCloseTo(Math.log(3), 9);
  });

  it("has none where a threshold separates the kinds, or there is one kind only", () => {
    expect(calibrationFit(sortCases([0.1, 0.9], [false, true]), ones(2)).slope).toBeNaN();
    const single = sortCases([0.3, 0.4], [true, true]);
    expect(calibrationFit(single, ones(2), { fixedSlope: 1 }).intercept).toBeNaN();
  });
});
