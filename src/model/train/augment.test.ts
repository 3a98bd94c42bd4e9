import { describe, expect, it } from "vitest";

import { DEFAULT_AUGMENTATION, augmentPicture } from "./augment.ts";
import type { Augmentation } from "./augment.ts";
import { seededRandom } from "./random.ts";

const SIDE = 8;
const NONE: Augmentation = {
  ...{ flipHorizontal: 0, flipVertical: 0, rotation: 0, shift: 0, scale: 0 },
  ...{ windowLevel: 0, windowWidth: 0, brightness: 0, noise: 0, blur: 0 },
};

/** A picture whose channels tell the pixel: row, column, and a constant. */
const picture = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return [10 + Math.floor(pixel / SIDE), 10 + (pixel % SIDE), 100][i % 3] ?? 0;
});
const inner = (rgb: Uint8Array, row: number, column: number): number[] => [
  ...rgb.subarray(3 * (row * SIDE + column), 3 * (row * SIDE + column) + 3),
];
const changed = (change: Partial<Augmentation>, seed = 1): Uint8Array =>
  augmentPicture(picture, SIDE, { ...NONE, ...change }, seededRandom(seed));

describe("augmentation", () => {
  it("changes nothing where nothing may change", () => {
    for (const [row, column] of [
      [1, 1],
      [3, 6],
      [6, 2],
    ] as const) {
      expect(inner(changed({}), row, column)).toEqual([10 + row, 10 + column, 100]);
    }
  });

  it("mirrors left and right, or top and bottom", () => {
    expect(inner(changed({ flipHorizontal: 1 }), 2, 1)).toEqual([12, 10 + SIDE - 2, 100]);
    expect(inner(changed({ flipVertical: 1 }), 2, 1)).toEqual([10 + SIDE - 3, 11, 100]);
  });

  it("leaves what is outside the window where it is, and brings nothing there", () => {
    const edges = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) =>
      i % 2 === 0 ? 0 : i % 3 === 0 ? 255 : 250,
    );
    const recipe = { ...NONE, windowLevel: 0.4, windowWidth: 0.5, noise: 0.1 };
    const result = augmentPicture(edges, SIDE, recipe, seededRandom(3));
    for (let row = 1; row < SIDE - 1; row++) {
      for (let at = 3 * (row * SIDE + 1); at < 3 * (row * SIDE + SIDE - 1); at++) {
        if (edges[at] === 0 || edges[at] === 255) expect(result[at]).toBe(edges[at]);
        else expect(result[at]).toSatisfy((value: number) => value >= 1 && value <= 254);
      }
    }
  });

  it("is the same for the same numbers, another for others, and leaves the picture itself alone", () => {
    const before = picture.slice();
    expect(changed(DEFAULT_AUGMENTATION, 5)).toEqual(changed(DEFAULT_AUGMENTATION, 5));
    expect(changed(DEFAULT_AUGMENTATION, 6)).not.toEqual(changed(DEFAULT_AUGMENTATION, 5));
    expect(picture).toEqual(before);
  });
});
