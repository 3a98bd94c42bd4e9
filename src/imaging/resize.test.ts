import { describe, expect, it } from "vitest";

import { resize } from "./resize.ts";

const grid = (rows: number, columns: number, values: number[]) => ({
  rows,
  columns,
  values: Float32Array.from(values),
});

describe("resize", () => {
  it("leaves an image of the same size as it is", () => {
    const image = grid(2, 3, [1, 2, 3, 4, 5, 6]);
    expect([...resize(image, 2, 3).values]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("interpolates when enlarging: outer edges coincide", () => {
    // Centres of 4 pixels over 2 lie at -0.25, 0.25, 0.75, 1.25 of the old ones; beyond the ends it is constant.
    expect([...resize(grid(1, 2, [0, 8]), 1, 4).values]).toEqual([0, 2, 6, 8]);
  });

  it("averages with a triangle when shrinking", () => {
    // Centre of the first of 2 over 4 is 0.5; reach 2: weights 0.75, 0.75, 0.25 of pixels 0, 1, 2 → (0 + 3 + 2) / 7
    const [first, second] = resize(grid(1, 4, [0, 4, 8, 12]), 1, 2).values;
    expect(first).toBeCloseTo((0.75 * 0 + 0.75 * 4 + 0.25 * 8) / 1.75, 5);
    expect(second).toBeCloseTo((0.25 * 4 + 0.75 * 8 + 0.75 * 12) / 1.75, 5);
  });

  it("keeps a constant, whatever the sizes", () => {
    const constant = grid(7, 5, Array<number>(35).fill(3));
    for (const value of resize(constant, 4, 9).values) expect(value).toBeCloseTo(3, 5);
  });

  it("refuses sizes that are none", () => {
    expect(() => resize(grid(1, 1, [0]), 0, 1)).toThrow(
      "expected positive whole rows and columns, got 0 x 1",
    );
  });
});
