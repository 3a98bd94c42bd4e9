import { describe, expect, it } from "vitest";

import { hounsfieldTable, toHounsfield } from "./hounsfield.ts";
import type { StoredFormat } from "./hounsfield.ts";

const plain: StoredFormat = {
  bitsAllocated: 16,
  bitsStored: 16,
  highBit: 15,
  isSigned: true,
  slope: 1,
  intercept: 0,
  padding: null,
};

const convert = (format: Partial<StoredFormat>, ...words: number[]): number[] => [
  ...toHounsfield(Uint16Array.from(words), hounsfieldTable({ ...plain, ...format })),
];

describe("hounsfieldTable", () => {
  it("reads two's complement", () => {
    expect(convert({}, 0, 40, 0xffff, 0xfc18)).toEqual([0, 40, -1, -1000]);
  });

  it("reads unsigned 12-bit values with an intercept", () => {
    expect(
      convert({ isSigned: false, bitsStored: 12, highBit: 11, intercept: -1024 }, 0, 1024, 4095),
    ).toEqual([-1024, 0, 3071]);
  });

  it("ignores what stands above the stored bits", () => {
    // 0xF400 is 0x400 = 1024 with junk in the upper four bits.
    expect(convert({ isSigned: false, bitsStored: 12, highBit: 11, intercept: -1024 }, 0xf400)).toEqual([0]);
  });

  it("extends the sign of fewer bits", () => {
    // 12 bits: 0xFFF is -1, 0x800 is -2048 (below air); junk above changes nothing.
    expect(convert({ bitsStored: 12, highBit: 11 }, 0x0fff, 0x0800, 0x5fff, 0x0028)).toEqual([
      -1, -1024, -1, 40,
    ]);
  });

  it("takes the stored bits from where HighBit says", () => {
    // 12 bits in the upper part of the word: 0x4280 >> 4 = 0x428 = 1064.
    expect(convert({ isSigned: false, bitsStored: 12, highBit: 15, intercept: -1024 }, 0x4280)).toEqual([40]);
  });

  it("scales and rounds", () => {
    // 3 * 0.5 - 1 = 0.5 → 1; 10 * 0.5 - 1 = 4; 2.0002442 * 2000 - 4047 = -46.5116 → -47
    expect(convert({ slope: 0.5, intercept: -1 }, 3, 10)).toEqual([1, 4]);
    expect(convert({ slope: 2.0002442, intercept: -4047, isSigned: false }, 2000)).toEqual([-47]);
  });

  it("never goes below air or above 32767", () => {
    expect(convert({ intercept: -1024 }, 0xf830)).toEqual([-1024]); // RSNA's -2000 - 1024
    expect(convert({ slope: 20, isSigned: false }, 0xffff)).toEqual([32767]);
  });

  it("makes padding air, alone or as a range, even where it uses bits above the stored ones", () => {
    expect(convert({ padding: [100, 100] }, 100, 101)).toEqual([-1024, 101]);
    expect(convert({ padding: [100, 98] }, 97, 98, 100, 101)).toEqual([97, -1024, -1024, 101]);
    // 0xF830 is the padding word; masked to 12 bits it would be 2096 and look like bone.
    const twelve = { isSigned: false, bitsStored: 12, highBit: 11, intercept: -1024 } as const;
    expect(convert({ ...twelve, padding: [0xf830, 0xf830] }, 0xf830)).toEqual([-1024]);
  });

  it("reads eight bits", () => {
    expect(convert({ bitsAllocated: 8, bitsStored: 8, highBit: 7 }, 0x7f, 0xff)).toEqual([127, -1]);
  });
});
