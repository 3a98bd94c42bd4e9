import { describe, expect, it } from "vitest";

import type { Mask } from "../../imaging/morphology.ts";
import { deepestPixel, referencePointing } from "./reference-pointing.ts";

const SIDE = 40;

function mask(isIn: (row: number, column: number) => boolean): Mask {
  const inside = Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
    isIn(Math.floor(i / SIDE), i % SIDE) ? 1 : 0,
  );
  return { rows: SIDE, columns: SIDE, inside };
}

const square = mask((row, column) => row >= 10 && row < 31 && column >= 10 && column < 31);
/** One side of the square. */
const strip = mask((row, column) => row >= 10 && row < 31 && column === 10);

describe("referencePointing", () => {
  it("a strip beside a finding is missed by its middle, and hit by what lies near", () => {
    expect(deepestPixel(square)).toBe(20 * SIDE + 20);
    const found = referencePointing([{ mask: strip, finding: square, pixelMm: 1 }], 5);
    expect(found).toEqual({ middle: 0, anywhere: 6 / 21, samples: 1 });
    // At half the pixel size the same 5 mm reach the middle.
    expect(referencePointing([{ mask: strip, finding: square, pixelMm: 0.5 }], 5)?.middle).toBe(1);
  });

  it("is nothing where what is drawn is the finding", () => {
    expect(referencePointing([{ mask: square, finding: null, pixelMm: 1 }], 5)).toBeNull();
  });
});
