import { describe, expect, it } from "vitest";

import type { Slice } from "../domain/slice.ts";
import { AIR_HU } from "../domain/slice.ts";
import type { PreprocessSpec } from "./preprocess.ts";
import { prepareSlices } from "./preprocess.ts";

const SPEC: PreprocessSpec = {
  size: 128,
  fieldMm: 192,
  slabMm: 5,
  smoothMm: 1,
  grainHu: 1.3,
  brainHu: 33,
  largestShiftHu: 8,
};

/** A round head of 60 mm radius about (row, column) in mm, on 256 × 256 pixels of 1 mm: brain, bone, air. */
function slice(positionMm: number, brainHu: number, centreMm = [128, 128], thicknessMm = 5): Slice {
  const hu = new Int16Array(256 * 256).fill(AIR_HU);
  for (let row = 0; row < 256; row++)
    for (let column = 0; column < 256; column++) {
      const radius = Math.hypot(row + 0.5 - (centreMm[0] ?? 0), column + 0.5 - (centreMm[1] ?? 0));
      if (radius < 60) hu[row * 256 + column] = radius < 10 ? brainHu + 30 : brainHu;
      else if (radius < 68) hu[row * 256 + column] = 1000;
    }
  return {
    sopInstanceUid: `1.2.${positionMm}`,
    frame: 1,
    rows: 256,
    columns: 256,
    hu,
    spacingMm: [1, 1],
    positionMm,
    thicknessMm,
  };
}
const red = (rgb: Uint8Array, row: number, column: number): number => rgb[3 * (row * 128 + column)] ?? NaN;

describe("prepareSlices", () => {
  it("frames the brain by millimetres, blacks out the rest, and says where the frame lies", () => {
    const [image] = prepareSlices([slice(0, 33, [150, 110])], SPEC);
    expect(image?.sliceIndices).toEqual([0]);
    // 192 mm about the middle of the head: rows 54…246, columns 14…206, to within a pixel of the picture (1.5 mm)
    expect(Math.abs((image?.region.top ?? 0) - 54)).toBeLessThan(2);
    expect(Math.abs((image?.region.left ?? 0) - 14)).toBeLessThan(2);
    expect(image?.region.rows).toBeCloseTo(192, 0);
    const rgb = image?.rgb ?? new Uint8Array();
    expect(red(rgb, 64, 90)).toBe(107); // 33 HU through 40/80: (33 - 39.5) / 79 + 0.5 of 255 is 106.52
    expect(red(rgb, 64, 64)).toBe(203); // 63 HU
    expect(red(rgb, 64, 127)).toBe(0); // beyond the skull
    expect(red(rgb, 64, 64 + 43)).toBe(0); // bone, 64 mm from the middle
    expect((image?.brainMm2 ?? 0) / (Math.PI * 60 * 60)).toBeCloseTo(0.93, 1);
  });

  it("moves the median of brain to one value, but not farther than it may", () => {
    const [dark] = prepareSlices([slice(0, 29)], SPEC);
    expect(red(dark?.rgb ?? new Uint8Array(), 64, 90)).toBe(107);
    const [darker] = prepareSlices([slice(0, 20)], SPEC);
    expect(red(darker?.rgb ?? new Uint8Array(), 64, 90)).toBe(90); // 28 HU: (28 - 39.5) / 79 + 0.5 of 255 is 90.4
  });

  it("averages thin slices, and shows nothing where there is no brain", () => {
    const thin = [0, 1, 2, 3, 4].map((mm) => slice(mm, 31 + mm, [128, 128], 1));
    const empty = { ...slice(5, 0), hu: new Int16Array(256 * 256).fill(AIR_HU) };
    const images = prepareSlices([...thin, empty], SPEC);
    expect(images.map(({ sliceIndices }) => sliceIndices)).toEqual([[0, 1, 2, 3, 4], [5]]);
    expect(red(images[0]?.rgb ?? new Uint8Array(), 64, 90)).toBe(107);
    expect(images[1]?.brainMm2).toBe(0);
    expect(images[1]?.rgb.every((value) => value === 0)).toBe(true);
  });

  it("evens out noise", () => {
    const noisy = slice(0, 33);
    let state = 7;
    for (let i = 0; i < noisy.hu.length; i++) {
      state = (state * 16807) % 2147483647;
      noisy.hu[i] = (noisy.hu[i] ?? 0) + ((state % 41) - 20); // uniform, deviation 11.8 HU
    }
    const [image] = prepareSlices([noisy], SPEC);
    const values = Array.from({ length: 20 }, (_, i) => red(image?.rgb ?? new Uint8Array(), 64 - 10 + i, 92));
    expect(Math.max(...values) - Math.min(...values)).toBeLessThan(30); // 9 HU
  });
});
