import { describe, expect, it } from "vitest";

import { auc, aucDeLong, bootstrapByGroup, operatingPoint, proportion, youdenThreshold } from "./metrics.ts";
import { seededRandom } from "./train/random.ts";

const cases = {
  scores: [0.9, 0.8, 0.35, 0.6, 0.4, 0.4, 0.1],
  positive: [true, true, true, false, false, false, false],
};

describe("auc", () => {
  it("counts pairs in the right order, ties one half", () => {
    // 0.9 and 0.8 stand above all four negatives, 0.35 above one: 4 + 4 + 1 of 12.
    expect(auc(cases)).toBeCloseTo(9 / 12, 12);
    expect(auc({ scores: [1, 1, 1, 1], positive: [true, false, true, false] })).toBe(0.5);
  });

  it("needs both kinds", () => {
    expect(() => auc({ scores: [1, 2], positive: [true, true] })).toThrow("2 positive, 0 negative");
  });
});

describe("aucDeLong", () => {
  it("is by hand from the placements", () => {
    // Placements of positives 1, 1, 1/4 (variance 0.1875); of negatives, the share of positives above:
    // 2/3, 2/3, 2/3, 1 (variance 1/36). error² = 0.1875/3 + (1/36)/4.
    const error = Math.sqrt(0.1875 / 3 + 1 / 36 / 4);
    const { value, interval } = aucDeLong(cases);
    expect(value).toBeCloseTo(0.75, 12);
    expect(interval[0]).toBeCloseTo(0.75 - 1.959963984540054 * error, 12);
    expect(interval[1]).toBe(1);
  });
});

describe("proportion", () => {
  it("is Wilson's interval", () => {
    // 8 of 10: 0.4902 to 0.9433 (Wilson 1927, as tabulated by R's binom::binom.wilson)
    const { value, interval } = proportion(8, 10);
    expect(value).toBe(0.8);
    expect(interval[0]).toBeCloseTo(0.4901625, 6);
    expect(interval[1]).toBeCloseTo(0.9433178, 6);
  });

  it("does not end below 0 or above 1", () => {
    expect(proportion(0, 5).interval[0]).toBe(0);
    expect(proportion(5, 5).interval[1]).toBe(1);
  });
});

describe("operatingPoint", () => {
  it("calls what stands at the threshold", () => {
    const { sensitivity, specificity } = operatingPoint(cases, 0.4);
    expect(sensitivity?.value).toBeCloseTo(2 / 3, 12);
    expect(specificity?.value).toBeCloseTo(1 / 4, 12);
    expect(operatingPoint({ scores: [1], positive: [true] }, 0.5).specificity).toBeNull();
  });
});

describe("youdenThreshold", () => {
  it("lies between the two scores that separate best", () => {
    // At 0.8: sensitivity 2/3, specificity 1; no other threshold has more.
    expect(youdenThreshold(cases)).toBeCloseTo((0.8 + 0.6) / 2, 12);
  });
});

describe("bootstrapByGroup", () => {
  it("draws whole groups, the same for the same seed", () => {
    const groups = ["a", "a", "b", "b"];
    const values = [1, 1, 2, 2];
    const mean = (indices: readonly number[]) =>
      indices.reduce((sum, i) => sum + (values[i] ?? 0), 0) / indices.length;
    const interval = bootstrapByGroup(groups, mean, seededRandom(1));
    expect(interval).toEqual(bootstrapByGroup(groups, mean, seededRandom(1)));
    // Twice the same group is drawn one time in four on either side, more than 2.5 %: the ends are 1 and 2.
    expect(interval).toEqual([1, 2]);
  });
});
