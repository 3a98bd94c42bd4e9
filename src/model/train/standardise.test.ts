import { describe, expect, it } from "vitest";

import { foldStandard, standardOf } from "./standardise.ts";

describe("standardising", () => {
  const features = { length: 2, values: Float32Array.of(1, 10, 3, 30, 5, 50, 100, 100) };

  it("takes mean and deviation of the rows that count, every cell of a row counting", () => {
    // Mean 3 and 30, deviation √(8/3) and 10 √(8/3); the fourth row has no say.
    const standard = standardOf(features, [0, 1, 2]);
    [3, 30].forEach((mean, f) => expect(standard.mean[f]).toBeCloseTo(mean, 5));
    [1, 10].forEach((unit, f) => expect(standard.deviation[f]).toBeCloseTo(unit * Math.sqrt(8 / 3), 5));
    // Two rows of two cells with one feature are four vectors of it.
    expect(standardOf({ length: 2, values: Float32Array.of(1, 3, 5, 7) }, [0, 1], 2).mean[0]).toBe(4);
  });

  it("a head for standardised features, folded, gives the same logits on the features as they were", () => {
    const head = { weights: Float32Array.of(1, 2, -3, 4), bias: Float32Array.of(0.5, -0.5) };
    const { weights, bias } = foldStandard(head, standardOf(features, [0, 1, 2]));
    // Row 0 is -2 / √(8/3) = -1.224745 in both features: 0.5 + 3 · -1.224745 and -0.5 + 1 · -1.224745
    const logits = [0, 1].map(
      (c) => (bias[c] ?? 0) + (weights[2 * c] ?? 0) * 1 + (weights[2 * c + 1] ?? 0) * 10,
    );
    [-3.174235, -1.724745].forEach((logit, c) => expect(logits[c]).toBeCloseTo(logit, 4));
  });
});
