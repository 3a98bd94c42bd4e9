import { expect, it } from "vitest";

import { ticks } from "./axis.ts";

it.each([
  [1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [187, 8, [0, 50, 100, 150]],
  [7, 4, [0, 2, 4, 6]],
  [0, 4, [0]],
  [Number.NaN, 4, [0]],
])("goes up to %f in about %i steps", (top, count, expected) => {
  const found = ticks(top, count);
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 12));
});
