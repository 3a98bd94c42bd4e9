import { describe, expect, it } from "vitest";

import { HEAD_CT_WINDOWS } from "../domain/slice.ts";
import { windowHu, windowToRgb } from "./window.ts";

describe("windowHu", () => {
  // By hand from PS3.3 C.11.2.1.2.1: y = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255
  it.each([
    [0, 40, 80, 0],
    [79, 40, 80, 255],
    [40, 40, 80, 129], // ((40 - 39.5) / 79 + 0.5) * 255 = 129.11
    [-20, 80, 200, 0],
    [80, 80, 200, 128], // ((80 - 79.5) / 199 + 0.5) * 255 = 128.14
    [600, 600, 2800, 128],
    [3000, 600, 2800, 255],
    [-1024, 40, 80, 0],
  ])("%i HU through %i/%i is %i", (hu, centerHu, widthHu, expected) => {
    expect(windowHu(hu, { centerHu, widthHu })).toBe(expected);
  });

  it("is a step for a width of 1", () => {
    expect([39, 40, 41].map((hu) => windowHu(hu, { centerHu: 40, widthHu: 1 }))).toEqual([0, 255, 255]);
  });
});

describe("windowToRgb", () => {
  it("puts brain, subdural and bone in R, G, B", () => {
    const rgb = windowToRgb({ hu: Int16Array.of(-1024, 40, 1000), rows: 1, columns: 3 }, HEAD_CT_WINDOWS);
    expect([...rgb]).toEqual([0, 0, 0, 129, 77, 77, 255, 255, 164]);
  });
});
