import { describe, expect, it } from "vitest";

import { FITTED, imageRect, pixelAt, zoomAt } from "./geometry.ts";

const square = { rows: 512, columns: 512, spacingMm: [0.5, 0.5] as const };

describe("imageRect", () => {
  it("fits the slice into the shorter side and centres it", () => {
    expect(imageRect({ width: 800, height: 600 }, square, FITTED)).toEqual({
      x: 100,
      y: 0,
      width: 600,
      height: 600,
    });
  });

  it("keeps millimetres square when pixels are not", () => {
    // 100 rows of 2 mm are 200 mm, 200 columns of 0.5 mm are 100 mm: twice as high as wide.
    const tall = { rows: 100, columns: 200, spacingMm: [2, 0.5] as const };
    expect(imageRect({ width: 400, height: 400 }, tall, FITTED)).toEqual({
      x: 100,
      y: 0,
      width: 200,
      height: 400,
    });
  });
});

describe("zoomAt", () => {
  it("keeps the point under the cursor where it is", () => {
    const frame = { width: 800, height: 600 };
    const at = { x: 300, y: 120 };
    const before = pixelAt(frame, square, FITTED, at);
    const zoomed = zoomAt(frame, FITTED, 2, at);
    expect(zoomed.zoom).toBe(2);
    expect(pixelAt(frame, square, zoomed, at)).toEqual(before);
  });

  it("stops at its limits", () => {
    expect(zoomAt({ width: 1, height: 1 }, FITTED, 1000, { x: 0, y: 0 }).zoom).toBe(16);
  });
});

describe("pixelAt", () => {
  it("counts pixels from the slice's upper left corner, and knows outside", () => {
    const frame = { width: 800, height: 512 };
    expect(pixelAt(frame, square, FITTED, { x: 144.5, y: 0.5 })).toEqual({ row: 0, column: 0 });
    expect(pixelAt(frame, square, FITTED, { x: 655.5, y: 511.5 })).toEqual({ row: 511, column: 511 });
    expect(pixelAt(frame, square, FITTED, { x: 143, y: 10 })).toBeNull();
  });
});
