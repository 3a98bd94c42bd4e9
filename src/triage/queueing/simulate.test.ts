import { describe, expect, it } from "vitest";

import type { Department } from "./department.ts";
import { simulateWaits } from "./simulate.ts";
import { theoreticalWaits } from "./theory.ts";

const BASE: Department = {
  traffic: 0.8,
  radiologists: 2,
  interrupting: 0.1,
  prevalence: 0.1,
  sensitivity: 0.9,
  specificity: 0.9,
  readingMin: { diseased: 10, nonDiseased: 10, interrupting: 5 },
  preemptive: true,
};

const run = (department: Department, prioritised: boolean, cases = 400_000) =>
  simulateWaits({ department, cases, seed: 11, prioritised });

describe("simulateWaits", () => {
  it.each([
    ["two radiologists, interrupting cases", BASE],
    ["one radiologist who finishes a read", { ...BASE, radiologists: 1, preemptive: false, interrupting: 0 }],
    ["two radiologists who finish a read", { ...BASE, preemptive: false, interrupting: 0 }],
    [
      "one radiologist, longer reads of the diseased",
      { ...BASE, radiologists: 1, readingMin: { diseased: 15, nonDiseased: 10, interrupting: 5 } },
    ],
  ])("agrees with theory: %s", (_name, department) => {
    const theory = theoreticalWaits(department);
    const sorted = run(department, true);
    const fifo = run(department, false).all;
    // One seed, eleven intervals of 95 %: twice the half width keeps chance out of the test.
    expect(Math.abs(fifo.meanMin - theory.fifo)).toBeLessThan(2 * fifo.halfWidthMin);
    for (const name of ["aiPositive", "aiNegative", "diseased", "nonDiseased"] as const) {
      expect(Math.abs(sorted[name].meanMin - theory[name])).toBeLessThan(2 * sorted[name].halfWidthMin);
    }
  });

  it("gives the same for the same seed", () => {
    expect(run(BASE, true, 20_000)).toEqual(run(BASE, true, 20_000));
  });

  it("neither helps nor harms anyone when the list is not reordered", () => {
    const { aiPositive, aiNegative } = run({ ...BASE, interrupting: 0 }, false);
    expect(Math.abs(aiPositive.meanMin - aiNegative.meanMin)).toBeLessThan(
      aiPositive.halfWidthMin + aiNegative.halfWidthMin,
    );
  });
});
