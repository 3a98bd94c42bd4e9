import { describe, expect, it } from "vitest";

import { computeSimulation } from "./compute.ts";
import { DAYS, DEFAULT_SETTINGS } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { minutesText, stabilityWords, whomItDelays } from "./words.ts";

const result = (change: Partial<Settings>) =>
  computeSimulation({ settings: { ...DEFAULT_SETTINGS, ...change }, cases: 3000, isRough: false });

describe("computeSimulation", () => {
  it("has theory beside the simulation, and curves that end in the worst wait", () => {
    const { theory, waits, curves, fifoCurve } = result({});
    expect(theory?.fifo).toBeCloseTo(40, 9);
    expect(fifoCurve.at(-1)).toBe(waits.fifo.all.worstMin);
    expect(curves.aiPositive.at(-1)).toBe(waits.policy.aiPositive.worstMin);
  });
  it("leaves a chain that takes long for when the sliders rest", () => {
    const settings = { ...DEFAULT_SETTINGS, isPreemptive: true, radiologists: 2, interrupting: 0.1 };
    expect(computeSimulation({ settings, cases: 3000, isRough: true }).theory).toBeNull();
    expect(computeSimulation({ settings, cases: 3000, isRough: false }).theory?.aiPositive).toBeCloseTo(
      0.39,
      2,
    );
  });
  it("says why there is no theory", () => {
    expect(result({ maxWaitMin: 60 })).toMatchObject({
      theory: null,
      noTheory: "a longest wait: only simulation answers",
    });
  });
});

describe("stabilityWords", () => {
  it("says that nothing helps when more arrives than can be read", () => {
    expect(stabilityWords(result({ traffic: 1.1 }))).toMatch(/^Unstable: at 110 % traffic/);
  });
  it("names the hours that are too busy", () => {
    // The busiest of the clinic's day has 10 of 88 arrivals: 0.8 × 240 / 88 = 2.2.
    const clinic = DAYS.find(([title]) => title === "Clinic")?.[1] ?? [];
    expect(stabilityWords(result({ arrivalsByHour: clinic }))).toMatch(/^In \d+ hours of the day \(8, 9/);
    expect(stabilityWords(result({}))).toBe("");
  });
});

describe("whomItDelays", () => {
  it("says that a perfect AI delays no bleed, and whom it delays", () => {
    const [bleeds, others] = whomItDelays(result({ sensitivity: 1, specificity: 0.99 }));
    expect(bleeds).toContain("None of them waits longer.");
    expect(others).toMatch(/^Of 100 patients without a bleed, \d+ wait longer/);
  });
});

it.each([
  [0.75, "45 s"],
  [3.24, "3.2 min"],
  [48.4, "48 min"],
  [306, "5.1 h"],
])("writes %f minutes as %s", (minutes, text) => {
  expect(minutesText(minutes)).toBe(text);
});
