import { describe, expect, it } from "vitest";

import { STEADY } from "./circumstances.ts";
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
const ALONE: Department = { ...BASE, radiologists: 1, preemptive: false, interrupting: 0 };

const run = (department: Department, cases: number, change: Partial<typeof STEADY> = {}) =>
  simulateWaits({ department, circumstances: { ...STEADY, ...change }, cases, seed: 11 });

describe("simulateWaits", () => {
  it.each([
    ["two radiologists, interrupting cases", BASE, {}],
    ["one radiologist who finishes a read", ALONE, {}],
    ["two radiologists who finish a read", { ...BASE, preemptive: false, interrupting: 0 }, {}],
    [
      "one radiologist, longer reads of the diseased",
      { ...BASE, radiologists: 1, readingMin: { diseased: 15, nonDiseased: 10, interrupting: 5 } },
      {},
    ],
    ["reading times that vary little", ALONE, { readingCv: 0.5 }],
  ])("agrees with theory: %s", (_name, department, change) => {
    const theory = theoreticalWaits(department, { ...STEADY, ...change });
    const { fifo, policy } = run(department, 300_000, change);
    // One seed, twenty-five intervals of 95 %: twice the half width keeps chance out of the test.
    expect(Math.abs(fifo.all.meanMin - theory.fifo)).toBeLessThan(2 * fifo.all.halfWidthMin);
    for (const name of ["aiPositive", "aiNegative", "diseased", "nonDiseased"] as const) {
      expect(Math.abs(policy[name].meanMin - theory[name])).toBeLessThan(2 * policy[name].halfWidthMin);
    }
  });

  it("gives the same for the same seed", () => {
    expect(run(BASE, 20_000)).toEqual(run(BASE, 20_000));
  });

  it("takes from the negatives what it gives to the positives: the mean of all stays", () => {
    const { delay } = run(ALONE, 100_000, { readingCv: 0 });
    // Equal reading times, no interruption: whoever is read first, the line is as long. A few cases change
    // places over the end of the warm-up.
    expect(Math.abs(delay.all.meanChangeMin)).toBeLessThan(0.01);
    expect(delay.aiPositive.meanChangeMin).toBeLessThan(0);
    expect(delay.aiPositive.laterShare).toBe(0);
    expect(delay.aiNegative.meanChangeMin).toBeGreaterThan(0);
    expect(delay.aiNegative.soonerShare).toBe(0);
  });

  it("helps less the later the findings come, and not at all when they come last", () => {
    const at = (aiLatencyMin: number) => run(ALONE, 50_000, { aiLatencyMin });
    const [now, later, never] = [at(0), at(10), at(1e6)].map(({ policy }) => policy.aiPositive.meanMin);
    expect(now).toBeLessThan(later ?? 0);
    expect(later).toBeLessThan(never ?? 0);
    expect(at(1e6).policy).toEqual(at(1e6).fifo);
  });

  it("shortens the worst wait by the longest wait, and changes nothing when every wait is too long", () => {
    const without = run(ALONE, 50_000).policy.all.worstMin;
    expect(run(ALONE, 50_000, { maxWaitMin: 60 }).policy.all.worstMin).toBeLessThan(without);
    const { policy, fifo } = run(ALONE, 50_000, { maxWaitMin: 0 });
    expect(policy).toEqual(fifo);
  });

  it.each([
    [{ arrivalsByHour: [1, 2] }, "arrivals by hour: 24 numbers are expected, not 2"],
    [{ aiLatencyMin: -1 }, "AI latency: a number from 0 is expected, not -1"],
  ])("refuses %j", (change, message) => {
    expect(() => run(ALONE, 10, change)).toThrow(message);
  });
});
