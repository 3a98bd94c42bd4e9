import { describe, expect, it } from "vitest";

import type { Slice } from "../domain/slice.ts";
import { SlabBuilder, slabs } from "./slab.ts";

const slice = (positionMm: number, thicknessMm: number | null, hu: number, columns = 2): Slice => ({
  sopInstanceUid: `1.${positionMm}`,
  frame: 1,
  rows: 1,
  columns,
  hu: new Int16Array(columns).fill(hu),
  spacingMm: [0.5, 0.5],
  positionMm,
  thicknessMm,
});
const indices = (slices: Slice[]): (readonly number[])[] => [...slabs(slices, 5)].map((s) => s.sliceIndices);

describe("slabs", () => {
  it("averages eight slices of 0.625 mm", () => {
    const thin = Array.from({ length: 16 }, (_, i) => slice(0.625 * i, 0.625, i));
    const [first, second] = [...slabs(thin, 5)];
    expect(first?.sliceIndices).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(first?.image.values[0]).toBe(3.5);
    expect(second?.image.values[1]).toBe(11.5);
  });

  it("leaves thick slices alone, and thin ones that are far apart", () => {
    expect(indices([slice(0, 5, 0), slice(5, 5, 0)])).toEqual([[0], [1]]);
    expect(indices([slice(0, 4, 0), slice(4, 4, 0)])).toEqual([[0], [1]]);
    expect(indices([slice(0, 1, 0), slice(10, 1, 0)])).toEqual([[0], [1]]);
    expect(indices([slice(0, 5, 0), slice(2.5, 5, 0)])).toEqual([[0], [1]]);
  });

  it("takes the distance for a thickness that is unknown", () => {
    expect(indices([slice(0, null, 0), slice(2.5, null, 0), slice(5, null, 0)])).toEqual([[0, 1], [2]]);
  });

  it("does not mix grids", () => {
    expect(indices([slice(0, 1, 0), slice(1, 1, 0, 3), slice(2, 1, 0, 3)])).toEqual([[0], [1, 2]]);
  });

  it("gives a slab as soon as the next one begins", () => {
    const builder = new SlabBuilder(5);
    expect(builder.push(slice(0, 5, 0))).toBeNull();
    expect(builder.push(slice(5, 5, 0))?.sliceIndices).toEqual([0]);
    expect(builder.flush()?.sliceIndices).toEqual([1]);
    expect(builder.flush()).toBeNull();
  });

  it("refuses a thickness that is none", () => {
    expect(() => new SlabBuilder(0)).toThrow("expected a positive thickness in mm, got 0");
  });
});
