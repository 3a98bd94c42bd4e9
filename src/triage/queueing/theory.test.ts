/** Figures of FDA's QuCAD, and of the textbook formulas where QuCAD has none. */
import { describe, expect, it } from "vitest";

import { STEADY } from "./circumstances.ts";
import type { Department, MeanWaits } from "./department.ts";
import { NoTheory, quCadWaits, theoreticalWaits } from "./theory.ts";

function department(
  [traffic, sensitivity, specificity, prevalence, radiologists, interrupting]: readonly number[],
  [diseased, nonDiseased, interruptingMin]: readonly number[] = [10, 10, 5],
  preemptive = true,
): Department {
  const number = (value: number | undefined): number => value ?? Number.NaN;
  return {
    traffic: number(traffic),
    sensitivity: number(sensitivity),
    specificity: number(specificity),
    prevalence: number(prevalence),
    radiologists: number(radiologists),
    interrupting: number(interrupting),
    readingMin: {
      diseased: number(diseased),
      nonDiseased: number(nonDiseased),
      interrupting: number(interruptingMin),
    },
    preemptive,
  };
}

const row = (w: MeanWaits): number[] => [w.fifo, w.aiPositive, w.aiNegative, w.diseased, w.nonDiseased];

describe("theoreticalWaits, preemptive", () => {
  it.each([
    [[0.5, 0.95, 0.89, 0.1, 1, 0], [10, 10, 5], [10.0, 1.074, 12.148, 1.628, 10.93], 3],
    [[0.8, 0.95, 0.89, 0.1, 1, 0], [10, 10, 5], [40.0, 1.837, 49.186, 4.205, 43.977], 3],
    [[0.9, 0.95, 0.89, 0.1, 1, 0], [10, 10, 5], [90.0, 2.115, 111.153, 7.567, 99.159], 3],
    [[0.8, 0.95, 0.89, 0.1, 4, 0], [10, 10, 5], [7.455, 0.012, 9.247, 0.473, 8.231], 3],
    [[0.8, 0.9361, 0.95, 0.15, 2, 0], [5, 5, 5], [8.889, 0.109, 10.854, 0.796, 10.317], 3],
  ])("%j, minutes %j", (facts, minutes, expected, digits) => {
    const waits = row(theoreticalWaits(department(facts, minutes)));
    expected.forEach((value, i) =>
      expect(Math.abs((waits[i] ?? 0) - value)).toBeLessThan(0.6 * 10 ** -digits),
    );
  });
});

describe("theoreticalWaits, two radiologists and interrupting cases of another speed", () => {
  const waits = theoreticalWaits(department([0.8, 0.9, 0.9, 0.1, 2, 0.1], [10, 10, 5]));

  it("gives QuCAD's FIFO, AI-positive and diseased waits", () => {
    expect(waits.fifo).toBeCloseTo(18.29, 2);
    expect(waits.aiPositive).toBeCloseTo(0.39, 2);
    expect(waits.diseased).toBeCloseTo(2.57, 2);
  });

  // Simulated: 22.216 ± 0.007 (docs/decisions/0022).
  it("is exact for the others, where QuCAD leaves phases out", () => {
    expect(waits.aiNegative).toBeCloseTo(22.215, 2);
    expect(waits.nonDiseased).toBeCloseTo(20.032, 2);
  });

  it("gives QuCAD's own figures beside them", () => {
    const printed = row(quCadWaits(department([0.8, 0.9, 0.9, 0.1, 2, 0.1], [10, 10, 5]), waits));
    [18.29, 0.39, 22.16, 2.57, 19.98].forEach((value, i) => expect(printed[i]).toBeCloseTo(value, 2));
  });

  it("are one and the same elsewhere", () => {
    const one = department([0.8, 0.9, 0.9, 0.1, 1, 0.1], [10, 10, 5]);
    expect(quCadWaits(one, theoreticalWaits(one))).toEqual(theoreticalWaits(one));
  });
});

describe("theoreticalWaits, an open read is finished", () => {
  it.each([
    [1, [10, 10, 5], { fifo: 40, aiPositive: 9.47, aiNegative: 47.348, diseased: 11.364 }],
    [1, [15, 10, 5], { fifo: 42.857, aiPositive: 10.504, aiNegative: 52.521, diseased: 12.605 }],
    [2, [10, 10, 5], { aiPositive: 4.209, aiNegative: 21.044, diseased: 5.051 }],
  ])("%i radiologists, minutes %j", (radiologists, minutes, expected) => {
    const waits = theoreticalWaits(department([0.8, 0.95, 0.89, 0.1, radiologists, 0], minutes, false));
    for (const [name, value] of Object.entries(expected)) {
      expect(Math.abs(waits[name as keyof MeanWaits] - value)).toBeLessThan(0.0006);
    }
  });
});

describe("theoreticalWaits, one radiologist, reading times of another spread", () => {
  const facts = [0.8, 0.95, 0.89, 0.1, 1, 0];
  it("halves the wait when all reads are alike: the M/D/1 queue", () => {
    const waits = theoreticalWaits(department(facts, [10, 10, 5], false), { ...STEADY, readingCv: 0 });
    // λ E[S²] / 2 / (1 − ρ) = 0.08 · 100 / 2 / 0.2.
    expect(waits.fifo).toBeCloseTo(20, 9);
  });
  it("is the exponential's when the spread is its mean", () => {
    const given = department(facts, [15, 10, 5], false);
    expect(theoreticalWaits(given, { ...STEADY, readingCv: 1 })).toEqual(theoreticalWaits(given));
  });
});

describe("theoreticalWaits, where it does not apply", () => {
  it.each([
    [{ aiLatencyMin: 3 }, 1],
    [{ maxWaitMin: 60 }, 1],
    [{ arrivalsByHour: new Array<number>(24).fill(1) }, 1],
    [{ readingCv: 0.5 }, 2],
  ])("leaves %j with %i radiologists to the simulation", (change, radiologists) => {
    const given = department([0.8, 0.9, 0.9, 0.1, radiologists, 0]);
    expect(() => theoreticalWaits(given, { ...STEADY, ...change })).toThrow(NoTheory);
  });

  it("says that a queue with traffic of 1 grows for ever", () => {
    expect(() => theoreticalWaits(department([1, 0.9, 0.9, 0.1, 1, 0]))).toThrow(
      /traffic: below 1 .* grow for ever/,
    );
  });
  it("says when only simulation answers", () => {
    expect(() => theoreticalWaits(department([0.8, 0.9, 0.9, 0.1, 2, 0.1], [15, 10, 5]))).toThrow(NoTheory);
  });
  it("names the parameter that is out of range", () => {
    expect(() => theoreticalWaits(department([0.8, 1.2, 0.9, 0.1, 1, 0]))).toThrow(
      "sensitivity: 0…1 is expected, not 1.2",
    );
  });
});
