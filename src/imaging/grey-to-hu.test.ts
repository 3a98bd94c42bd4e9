import { describe, expect, it } from "vitest";

import { greyWindowToHu } from "./grey-to-hu.ts";
import { windowHu } from "./window.ts";

const BRAIN = { centerHu: 40, widthHu: 80 };

/** A 60 × 60 grey image by a function of row and column. */
const picture = (value: (row: number, column: number) => number) => ({
  rows: 60,
  columns: 60,
  grey: Uint8Array.from({ length: 3600 }, (_, i) => value(Math.floor(i / 60), i % 60)),
});
const at = (hu: Int16Array, row: number, column: number): number => hu[row * 60 + column] ?? NaN;

describe("greyWindowToHu", () => {
  it("undoes the window to within a grey value's width", () => {
    for (const hu of [5, 20, 33, 60, 75]) {
      const grey = windowHu(hu, BRAIN);
      expect(
        at(
          greyWindowToHu(
            picture(() => grey),
            BRAIN,
          ),
          30,
          30,
        ),
      ).toBe(hu);
    }
  });

  it("takes a large white area for bone, denser inside, and a small one for calcium", () => {
    const hu = greyWindowToHu(
      picture((row, column) => (row < 12 || (row === 40 && column === 40) ? 255 : 100)),
      BRAIN,
    );
    expect(at(hu, 11, 30)).toBe(250);
    expect(at(hu, 10, 30)).toBe(450);
    expect(at(hu, 2, 30)).toBe(1400);
    expect(at(hu, 40, 40)).toBeGreaterThan(80);
    expect(at(hu, 40, 40)).toBeLessThan(150);
  });

  it("takes a small white area beside air for bone: a sinus wall", () => {
    const hu = greyWindowToHu(
      picture((row, column) => (row === 30 && column < 8 ? 255 : row > 30 ? 0 : 100)),
      BRAIN,
    );
    expect(at(hu, 30, 4)).toBe(250);
  });

  it("takes black for air at the border, fat where it is solid, and CSF where it is a single pixel", () => {
    const hu = greyWindowToHu(
      picture((row, column) => {
        if (column < 5) return 0;
        if (row >= 20 && row < 30 && column >= 20 && column < 30) return 0;
        return row === 45 && column === 45 ? 0 : 100;
      }),
      BRAIN,
    );
    expect(at(hu, 30, 2)).toBe(-1024);
    expect(at(hu, 25, 25)).toBe(-90);
    expect(at(hu, 45, 45)).toBe(0);
  });

  it("refuses what is no image or no window", () => {
    expect(() => greyWindowToHu({ rows: 2, columns: 2, grey: new Uint8Array(3) }, BRAIN)).toThrow(
      "expected 4 pixels, got 3",
    );
    const one = { rows: 1, columns: 1, grey: new Uint8Array(1) };
    expect(() => greyWindowToHu(one, { centerHu: 40, widthHu: 1 })).toThrow("wider than 1 HU, got 1");
  });
});
