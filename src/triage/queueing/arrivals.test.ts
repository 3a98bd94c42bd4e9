import { expect, it } from "vitest";

import { hourlyClock } from "./arrivals.ts";
import { overloadedHours } from "./circumstances.ts";

const rates = (busy: Readonly<Record<number, number>>): number[] =>
  Array.from({ length: 24 }, (_rate, hour) => busy[hour] ?? 0);

it("leaves a steady stream as it is", () => {
  expect(hourlyClock(null)(90)).toBe(90);
  expect(hourlyClock(new Array<number>(24).fill(3))(90)).toBeCloseTo(90, 9);
});

it("puts a day's arrivals into its busy hours", () => {
  // All of a day in two hours, a quarter of it from 8 to 9 and the rest from 20 to 21.
  const clock = hourlyClock(rates({ 8: 1, 20: 3 }));
  expect(clock(180)).toBeCloseTo(8 * 60 + 30, 9);
  expect(clock(360 + 540)).toBeCloseTo(20 * 60 + 30, 9);
  expect(clock(1440 + 180)).toBeCloseTo(1440 + 8 * 60 + 30, 9);
});

it("knows the hours that are too busy for the day's traffic", () => {
  // 24 × 1 in all; hour 8 has 2 of 25: 0.8 × 2 × 24 / 25 = 1.54; the others 0.77.
  expect(
    overloadedHours(
      rates(Object.fromEntries(Array.from({ length: 24 }, (_v, h) => [h, h === 8 ? 2 : 1]))),
      0.8,
    ),
  ).toEqual([8]);
  expect(overloadedHours(null, 0.8)).toEqual([]);
});
