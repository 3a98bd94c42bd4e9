import { expect, it } from "vitest";

import type { Grid } from "./resize.ts";
import { skullPixelMm } from "./skull-size.ts";

const SIDE = 300;
const RANGE = { smallest: 0.5, largest: 1.2, usual: 0.8 };

/** A round head whose brain has a radius in pixels. */
function head(radius: number): Grid {
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const out = Math.hypot((i % SIDE) - SIDE / 2, Math.floor(i / SIDE) - SIDE / 2);
    return out < radius ? 34 : out < radius + 12 ? 900 : -1000;
  });
  return { rows: SIDE, columns: SIDE, values };
}

const EMPTY: Grid = { rows: SIDE, columns: SIDE, values: new Float32Array(SIDE * SIDE).fill(-1000) };

it("takes the third largest skull of a patient for an average adult's", () => {
  // 168 × 135 mm has a diagonal of 215.5 mm: of a circle with a diameter of 152.4 mm.
  const mm = skullPixelMm([head(60), head(100), head(130), head(120), EMPTY], RANGE);
  expect(mm).toBeGreaterThan(152.4 / 200);
  expect(mm).toBeLessThan(152.4 / 185);
});

it("stays within what is possible, and assumes the usual size where there is no skull", () => {
  expect(skullPixelMm([head(55), head(55), head(55)], RANGE)).toBe(RANGE.largest);
  expect(skullPixelMm([EMPTY, EMPTY, EMPTY], RANGE)).toBe(RANGE.usual);
});
