import { describe, expect, it } from "vitest";

import { floats } from "../../nn/tensor.ts";
import type { FloatTensor } from "../../nn/tensor.ts";
import { confidenceChange, insertionAndDeletion, roadCombined } from "./faithfulness.ts";
import { imputed } from "./imputation.ts";

const SIDE = 16;

/** A 4 × 4 bright square; the score is the mean of its place. */
const isSquare = (i: number): boolean => i % SIDE >= 8 && i % SIDE < 12 && i >= 4 * SIDE && i < 8 * SIDE;
const image = floats(
  [1, 1, SIDE, SIDE],
  Array.from({ length: SIDE * SIDE }, (_, i) => (isSquare(i) ? 1 : 0)),
);
const score = (images: FloatTensor): Promise<number[]> =>
  Promise.resolve(
    Array.from({ length: images.shape[0] ?? 0 }, (_, n) => {
      const own = images.data.subarray(n * SIDE * SIDE, (n + 1) * SIDE * SIDE);
      return own.reduce((sum, value, i) => sum + (isSquare(i) ? value / 16 : 0), 0);
    }),
  );
const right = Float32Array.from(image.data);
const wrong = right.map((value) => 1 - value);

describe("imputation", () => {
  it("of a pixel in a plane of equal values is that value, and of a slope is the slope", () => {
    const known = Uint8Array.from({ length: 49 }, (_, i) => (i === 24 || i === 25 ? 0 : 1));
    const flat = { rows: 7, columns: 7, values: new Float32Array(49).fill(3) };
    expect(imputed(flat, known, () => 0)[24]).toBeCloseTo(3, 5);
    const slope = { rows: 7, columns: 7, values: Float32Array.from({ length: 49 }, (_, i) => i % 7) };
    expect(imputed(slope, known, () => 0)[24]).toBeCloseTo(3, 4);
    expect(imputed(slope, known, () => 0)[25]).toBeCloseTo(4, 4);
  });

  it("solves the published equations", () => {
    // Two missing neighbours of one row, all else 0 but one corner of 12 beside the first: by edge 1/6, by corner 1/12.
    // a = 12/12 + b/6, b = a/6: a = 1 / (1 - 1/36) = 36/35, b = 6/35.
    const values = new Float32Array(25);
    values[6] = 12;
    const known = Uint8Array.from({ length: 25 }, (_, i) => (i === 12 || i === 13 ? 0 : 1));
    const found = imputed({ rows: 5, columns: 5, values }, known, () => 0);
    expect(found[12]).toBeCloseTo(36 / 35, 5);
    expect(found[13]).toBeCloseTo(6 / 35, 5);
  });
});

describe("faithfulness", () => {
  it("prefers the map of what the score was computed from", async () => {
    const noise = (): number => 0;
    expect(await roadCombined(image, right, score, noise)).toBeGreaterThan(0.2);
    expect(await roadCombined(image, wrong, score, noise)).toBeLessThan(0);
    expect(await confidenceChange(image, right, score)).toBeCloseTo(0, 6);
    expect(await confidenceChange(image, wrong, score)).toBeCloseTo(-1, 6);
    const good = await insertionAndDeletion(image, right, score, [0]);
    const bad = await insertionAndDeletion(image, wrong, score, [0]);
    // The 16 pixels of the square go within the first of 12 steps: 1 at the start, 0 from then on, so half a step.
    expect(good.deletion).toBeCloseTo(1 / 24, 6);
    expect(good.insertion).toBeGreaterThan(bad.insertion);
    expect(bad.deletion).toBeGreaterThan(0.9);
  });
});
