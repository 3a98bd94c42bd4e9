import { describe, expect, it } from "vitest";

import { intracranialMask, maskCentre } from "./head-crop.ts";
import { areaOf } from "./morphology.ts";
import type { Mask } from "./morphology.ts";
import type { Grid } from "./resize.ts";

const SIZE = 240;
/** The default model's pixel. */
const PIXEL_MM = 0.75;

/** A head as nested ellipses about the middle: brain to 80 pixels, bone to 88, scalp to 96, air around. */
function head(change: (row: number, column: number, hu: number) => number = (_r, _c, hu) => hu): Grid {
  const values = new Float32Array(SIZE * SIZE);
  for (let row = 0; row < SIZE; row++)
    for (let column = 0; column < SIZE; column++) {
      const radius = Math.hypot(row - 120, (column - 120) * 1.2);
      const hu = radius < 80 ? 33 : radius < 88 ? 900 : radius < 96 ? -50 : -1000;
      values[row * SIZE + column] = change(row, column, hu);
    }
  return { rows: SIZE, columns: SIZE, values };
}

/** Area of the ellipse of brain, less the margin beside bone: π (80 − m) (80 − m) / 1.2. */
const brainMm2 = (marginMm: number): number => (Math.PI * (80 * PIXEL_MM - marginMm) ** 2) / 1.2;
const areaMm2 = (mask: Mask): number => areaOf(mask) * PIXEL_MM ** 2;

describe("intracranialMask", () => {
  it("is the brain, not bone, scalp, table or air", () => {
    const withTable = head((row, _column, hu) => (row > 225 && row < 230 ? 400 : hu));
    const mask = intracranialMask(withTable, PIXEL_MM);
    // The margin is about 2 mm, give or take a pixel of the halved grid.
    expect(areaMm2(mask)).toBeGreaterThan(brainMm2(3.5));
    expect(areaMm2(mask)).toBeLessThan(brainMm2(0.5));
    expect(maskCentre(mask).map((x) => Math.abs(x - 120.5) < 1.5)).toEqual([true, true]);
    expect(mask.inside[120 * SIZE + 120]).toBe(1);
    expect(mask.inside[35 * SIZE + 120]).toBe(0);
  });

  it("holds through a burr hole and a wide defect of the skull", () => {
    for (const width of [6, 24]) {
      const open = head((row, column, hu) =>
        row < 60 && Math.abs(column - 120) < width / 2 && hu > 500 ? -60 : hu,
      );
      expect(areaMm2(intracranialMask(open, PIXEL_MM))).toBeGreaterThan(0.85 * brainMm2(2));
    }
  });

  it("keeps blood beside the bone and calcium in the brain", () => {
    const image = head((row, column, hu) => {
      if (hu === 33 && column > 170) return 70;
      return Math.hypot(row - 120, column - 110) < 4 ? 500 : hu;
    });
    const { inside } = intracranialMask(image, PIXEL_MM);
    expect(inside[120 * SIZE + 178]).toBe(1);
    expect(inside[120 * SIZE + 110]).toBe(1);
  });

  it("is empty for muscle within bone, for little brain, and without a skull", () => {
    expect(
      areaOf(
        intracranialMask(
          head((_r, _c, hu) => (hu === 33 ? 58 : hu)),
          PIXEL_MM,
        ),
      ),
    ).toBe(0);
    expect(areaOf(intracranialMask(head(), 0.3))).toBe(0); // the same picture 0.3 as large: 15 cm² of brain
    expect(
      areaOf(
        intracranialMask(
          head((_r, _c, hu) => (hu > 500 ? 40 : hu)),
          PIXEL_MM,
        ),
      ),
    ).toBe(0);
  });
});

describe("maskCentre", () => {
  it("is the image's own middle for an empty mask", () => {
    expect(maskCentre({ rows: 10, columns: 20, inside: new Uint8Array(200) })).toEqual([5, 10]);
  });
});
