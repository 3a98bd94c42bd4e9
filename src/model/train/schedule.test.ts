import { describe, expect, it } from "vitest";

import { evenBatches } from "./fine-tune.ts";
import { scheduleFactor } from "./schedule.ts";

describe("the learning rate's schedule", () => {
  it.each([
    // name, step of 100, steps of warm-up, factor
    ["constant", 0, 0, 1],
    ["constant", 99, 0, 1],
    ["constant", 0, 10, 0.1],
    ["constant", 9, 10, 1],
    ["cosine", 0, 0, 1],
    ["cosine", 50, 0, 0.5],
    ["cosine", 55, 10, 0.5],
    ["step", 49, 0, 1],
    ["step", 50, 0, 0.1],
    ["step", 75, 0, 0.01],
  ] as const)("%s, step %i after %i of warm-up: %f", (name, step, warmUp, factor) => {
    expect(scheduleFactor(name, step, 100, warmUp)).toBeCloseTo(factor, 9);
  });
});

describe("batches", () => {
  it("are as even as can be, none a small remainder", () => {
    const batches = evenBatches(
      Array.from({ length: 33 }, (_, i) => i),
      16,
    );
    expect(batches.map(({ length }) => length)).toEqual([11, 11, 11]);
    expect(batches.flat()).toEqual(Array.from({ length: 33 }, (_, i) => i));
    expect(evenBatches([], 16)).toEqual([]);
  });
});
