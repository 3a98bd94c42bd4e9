import { describe, expect, it } from "vitest";

import { withBloodBeside } from "./blood-beside.ts";

const SIDE = 100;
/** 1 mm a pixel; brain at 33 HU is 105 in the brain window, blood at 65 HU 207. */
const SCALE = { pixelMm: 1, brainHu: 33 };

const at = (row: number, column: number): number => row * SIDE + column;

/** A head of 80 × 80 pixels with a square of blood, rows 40–49 and columns 50–59. */
function head(): Uint8Array {
  const rgb = new Uint8Array(3 * SIDE * SIDE);
  for (let row = 10; row < 90; row++)
    for (let column = 10; column < 90; column++) {
      const isBlood = row >= 40 && row < 50 && column >= 50 && column < 60;
      const isRim = row === 10;
      rgb.set(isBlood || isRim ? [207, 121, 42] : [105, 67, 39], 3 * at(row, column));
    }
  return rgb;
}

function finding(outline: readonly number[]): Uint8Array {
  const inside = new Uint8Array(SIDE * SIDE);
  for (const pixel of outline) inside[pixel] = 1;
  return withBloodBeside(head(), { rows: SIDE, columns: SIDE, inside }, SCALE).inside;
}

const column = (c: number, from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => at(from + i, c));

describe("withBloodBeside", () => {
  it("adds the blood that the outline lies beside, whole", () => {
    const found = finding(column(63, 42, 48));
    expect([found[at(45, 63)], found[at(45, 55)], found[at(49, 50)]]).toEqual([1, 1, 1]);
    expect([found[at(45, 61)], found[at(30, 55)]]).toEqual([0, 0]);
    expect(found.reduce((a, b) => a + b, 0)).toBe(100 + 6);
  });

  it("adds none that lies further away, and no bright rim of the skull", () => {
    expect(finding(column(70, 42, 48)).reduce((a, b) => a + b, 0)).toBe(6);
    expect(finding(column(50, 12, 15)).reduce((a, b) => a + b, 0)).toBe(3);
  });
});
