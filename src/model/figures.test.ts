import { describe, expect, it } from "vitest";

import { figuresOf } from "./figures.ts";
import type { JudgedSet } from "./judged.ts";
import { bootstrapFigures } from "./metrics-bootstrap.ts";
import { normal, seededRandom } from "./train/random.ts";

function binary(scores: readonly number[], positive: readonly number[], perPatient = 1): JudgedSet {
  const cases = scores.map((p, i) => ({
    file: `${i}.png`,
    group: `patient ${Math.floor(i / perPatient)}`,
    classIndex: positive[i] ?? 0,
    probabilities: [1 - p, p],
  }));
  return { unit: "pictures", labels: ["normal", "hemorrhage"], positive: 1, threshold: 0.5, cases };
}

describe("figuresOf", () => {
  it("counts calls at the threshold", () => {
    const figures = figuresOf(binary([0.9, 0.6, 0.3, 0.5, 0.2, 0.1], [1, 1, 1, 0, 0, 0]));
    // Called: 0.9, 0.6 rightly, 0.5 wrongly; 0.3 is missed.
    expect(figures.sensitivity?.value).toBeCloseTo(2 / 3, 12);
    expect(figures.specificity?.value).toBeCloseTo(2 / 3, 12);
    expect(figures.ppv?.value).toBeCloseTo(2 / 3, 12);
    expect(figures.npv?.value).toBeCloseTo(2 / 3, 12);
    expect(figures.accuracy?.value).toBeCloseTo(4 / 6, 12);
    expect(figures.auc?.value).toBeCloseTo(8 / 9, 12);
    expect(figures.accuracy?.method).toBe("Wilson");
    expect(figures.auc?.method).toBe("DeLong");
    expect(figures.brier?.method).toBe("patients drawn again");
  });

  it("takes the most probable of more than two classes, and each against all others", () => {
    const cases = [
      { file: "a", group: "a", classIndex: 0, probabilities: [0.5, 0.3, 0.2] },
      { file: "b", group: "b", classIndex: 1, probabilities: [0.2, 0.5, 0.3] },
      { file: "c", group: "c", classIndex: 2, probabilities: [0.4, 0.35, 0.25] },
    ];
    const set = { unit: "pictures", labels: ["x", "y", "z"], positive: 1, threshold: 0.5, cases };
    expect(figuresOf(set).accuracy?.value).toBeCloseTo(2 / 3, 12);
    expect(figuresOf(set, 0).auc?.value).toBe(1);
    // Of "z" 0.25; of the others 0.2 and 0.3.
    expect(figuresOf(set, 2).auc?.value).toBe(0.5);
  });

  it("has no figure that is not defined", () => {
    const figures = figuresOf(binary([0.2, 0.4], [0, 0]));
    expect(figures.auc).toBeNull();
    expect(figures.sensitivity).toBeNull();
    expect(figures.specificity?.value).toBe(1);
    expect(figuresOf(binary([], [])).accuracy).toBeNull();
  });

  it("is wider by patient where a patient's cases are copies", () => {
    const random = seededRandom(5);
    const patients = Array.from({ length: 40 }, (_, i) => {
      const positive = i % 2;
      return { positive, score: 1 / (1 + Math.exp(-(normal(random) + (positive ? 1 : -1)))) };
    });
    const copies = patients.flatMap((patient) => Array<typeof patient>(10).fill(patient));
    const set = binary(
      copies.map(({ score }) => score),
      copies.map(({ positive }) => positive),
      10,
    );
    const { auc } = figuresOf(set);
    const width = ([lower, upper]: readonly [number, number]) => upper - lower;
    // Ten copies of each: the closed form is too narrow by the square root of ten.
    const ratio = width(auc?.byPatient ?? [0, 0]) / width(auc?.interval ?? [0, 1]);
    expect(ratio).toBeGreaterThan(2.5);
    expect(ratio).toBeLessThan(4);
  });
});

describe("bootstrapFigures", () => {
  it("draws whole groups, the same for the same seed, and gives the spread of theory", () => {
    const random = seededRandom(2);
    const values = Array.from({ length: 200 }, () => normal(random));
    const mean = (weights: Float64Array) => [
      values.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0) / 200,
    ];
    const groups = values.map((_, i) => String(i));
    const [interval] = bootstrapFigures(groups, mean, seededRandom(1));
    expect(bootstrapFigures(groups, mean, seededRandom(1))[0]).toEqual(interval);
    // The mean of 200 standard normal numbers: ± 1.96 / √200.
    const half = ((interval?.[1] ?? 0) - (interval?.[0] ?? 0)) / 2;
    expect(half).toBeGreaterThan(0.8 * (1.96 / Math.sqrt(200)));
    expect(half).toBeLessThan(1.2 * (1.96 / Math.sqrt(200)));
  });

  it("has no interval for a figure that most draws do not have", () => {
    expect(bootstrapFigures(["a", "b"], () => [NaN, 1], seededRandom(1))).toEqual([null, [1, 1]]);
  });
});
