import { describe, expect, it } from "vitest";

import { heatRgba, outlineRgba, saliencyOnSlice, saliencyStrength } from "./overlay.ts";

const map = (values: number[], region: { top: number; left: number; rows: number; columns: number }) => ({
  rows: 2,
  columns: 2,
  values,
  peak: 1,
  region,
});
const rounded = (field: Float32Array): number[] => [...field].map((v) => Math.round(v * 1000) / 1000);

describe("saliencyOnSlice", () => {
  it("spreads cells from edge to edge, bilinear between their centres", () => {
    // One row of four pixels over two cells of two pixels: cell centres at 1 and 3; pixel centres at 0.5
    // (before the first centre: the cell itself), 1.5 (a quarter on the way), 2.5 (three quarters), 3.5.
    const field = saliencyOnSlice(map([0, 1, 0, 1], { top: 0, left: 0, rows: 2, columns: 4 }), 2, 4, 1);
    expect(rounded(field)).toEqual([0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1]);
  });

  it("leaves pixels outside the region alone, and takes a pixel in by its centre", () => {
    // Region of columns 1.6 … 3.6: centres 2.5 and 3.5 are inside, 1.5 is not.
    const field = saliencyOnSlice(map([1, 1, 1, 1], { top: 1, left: 1.6, rows: 1, columns: 2 }), 2, 5, 1);
    expect(rounded(field)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 0]);
  });

  it("has a region that begins outside the slice shifted, not squeezed", () => {
    // Cells of 4 columns from -4: the slice sees only the second cell, past its centre at 2 for columns 2, 3.
    const field = saliencyOnSlice(map([0, 1, 0, 1], { top: 0, left: -4, rows: 1, columns: 8 }), 1, 4, 1);
    // Centres 0.5 and 1.5 lie 2.5 and 3.5 of 4 pixels after the first cell's centre at -2.
    expect(rounded(field)).toEqual([0.625, 0.875, 1, 1]);
  });

  it("is scaled by its strength", () => {
    const field = saliencyOnSlice(map([1, 1, 1, 1], { top: 0, left: 0, rows: 1, columns: 1 }), 1, 1, 0.2);
    expect(rounded(field)).toEqual([0.2]);
  });

  it("refuses values that do not fill the map", () => {
    const region = { top: 0, left: 0, rows: 1, columns: 1 };
    expect(() => saliencyOnSlice(map([1, 2, 3], region), 1, 1, 1)).toThrow("expected 2 × 2 values, got 3");
  });
});

describe("saliencyStrength", () => {
  it.each([
    [5, 10, 0.5],
    [20, 10, 1],
    [0, 10, 0],
    [-1, 10, 0],
    [3, null, 1],
    [0, null, 0],
    [3, 0, 1],
  ])("a peak of %d against %s is %d", (peak, reference, expected) => {
    expect(saliencyStrength(peak, reference)).toBe(expected);
  });
});

describe("heatRgba", () => {
  it("keeps an empty field transparent and a full one opaque", () => {
    expect([...heatRgba(Float32Array.of(0, 1))]).toEqual([96, 20, 8, 0, 255, 232, 170, 255]);
  });
});

describe("outlineRgba", () => {
  it("paints the rim of a square and not its middle", () => {
    const field = new Float32Array(25);
    for (const row of [1, 2, 3]) for (const column of [1, 2, 3]) field[row * 5 + column] = 1;
    const rgba = outlineRgba(field, 5, 0.5, [1, 2, 3]);
    const painted = Array.from({ length: 25 }, (_, i) => i).filter((i) => rgba[4 * i + 3] === 255);
    expect(painted).toEqual([6, 7, 8, 11, 13, 16, 17, 18]);
    expect([...rgba.slice(24, 28)]).toEqual([1, 2, 3, 255]);
  });
});
