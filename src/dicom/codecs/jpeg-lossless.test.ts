import { describe, expect, it } from "vitest";

import { UndecodableImage } from "../undecodable.ts";
import type { FrameFormat } from "./codec.ts";
import { decodeJpegLossless } from "./jpeg-lossless.ts";

/** An encoder of T.81 annex H, small rather than good: every category has a code of five bits. */
function encode(
  words: Uint16Array,
  { rows, columns }: FrameFormat,
  bits: number,
  predictor: number,
  { pointTransform = 0, restartLines = 0 } = {},
): Uint8Array {
  const at = (row: number, column: number): number => (words[row * columns + column] ?? 0) >> pointTransform;
  const data: number[] = [];
  let pending = "";
  const flush = (): void => {
    pending += "1".repeat((8 - (pending.length % 8)) % 8);
    for (let i = 0; i < pending.length; i += 8) {
      const byte = parseInt(pending.slice(i, i + 8), 2);
      data.push(byte);
      if (byte === 0xff) data.push(0);
    }
    pending = "";
  };
  for (let row = 0; row < rows; row++) {
    const interval = restartLines === 0 ? row : row % restartLines;
    if (row > 0 && interval === 0) {
      flush();
      data.push(0xff, 0xd0 + ((row / restartLines - 1) % 8));
    }
    for (let column = 0; column < columns; column++) {
      const [a, b, c] = [at(row, column - 1), at(row - 1, column), at(row - 1, column - 1)];
      let prediction: number;
      if (interval === 0) prediction = column === 0 ? 1 << (bits - pointTransform - 1) : a;
      else if (column === 0) prediction = b;
      else
        prediction =
          [0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1][predictor] ?? 0;
      let difference = (at(row, column) - prediction) & 0xffff;
      if (difference > 32768) difference -= 65536;
      const category = difference === 0 ? 0 : 32 - Math.clz32(Math.abs(difference));
      pending += category.toString(2).padStart(5, "0");
      if (category > 0 && category < 16) {
        const extra = difference > 0 ? difference : difference + (1 << category) - 1;
        pending += extra.toString(2).padStart(category, "0");
      }
    }
  }
  flush();
  const u16 = (value: number): number[] => [value >> 8, value & 255];
  const categories = Array.from({ length: 17 }, (_, i) => i);
  return Uint8Array.from([
    ...[0xff, 0xd8, 0xff, 0xc3, 0, 11, bits, ...u16(rows), ...u16(columns), 1, 1, 0x11, 0],
    ...[0xff, 0xc4, 0, 36, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...categories],
    ...(restartLines === 0 ? [] : [0xff, 0xdd, 0, 4, ...u16(restartLines * columns)]),
    ...[0xff, 0xda, 0, 8, 1, 1, 0, predictor, 0, pointTransform],
    ...data,
    ...[0xff, 0xd9],
  ]);
}

const format: FrameFormat = { rows: 40, columns: 33, bitsAllocated: 16, bitsStored: 16 };

/** A gradient with noise, and lines of the extremes, whose differences reach ±32768. */
function image(bits: number, seed = 7): Uint16Array {
  let state = seed;
  return Uint16Array.from({ length: format.rows * format.columns }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const max = 2 ** bits - 1;
    if (i % 97 < 4) return i % 2 === 0 ? 0 : max;
    if (i % 89 === 0) return 2 ** (bits - 1);
    return Math.min(max, i + (state >>> 24));
  });
}

describe("decodeJpegLossless", () => {
  describe.each([1, 2, 3, 4, 5, 6, 7])("predictor %i", (predictor) => {
    it.each([16, 12])("gives %i-bit pixels back exactly", (bits) => {
      const words = image(bits);
      expect(decodeJpegLossless(encode(words, format, bits, predictor), format)).toEqual(words);
    });

    it("with restart intervals", () => {
      const words = image(16);
      const encoded = encode(words, format, 16, predictor, { restartLines: 3 });
      expect(decodeJpegLossless(encoded, format)).toEqual(words);
    });

    it("with a point transform", () => {
      const words = image(12);
      const encoded = encode(words, format, 12, predictor, { pointTransform: 2 });
      expect(decodeJpegLossless(encoded, format)).toEqual(words.map((word) => (word >> 2) << 2));
    });
  });

  it("refuses a codestream cut off anywhere", () => {
    const encoded = encode(image(16), format, 16, 1);
    for (let length = 0; length < encoded.length - 4; length += 13) {
      expect(() => decodeJpegLossless(encoded.subarray(0, length), format)).toThrow(UndecodableImage);
    }
  });

  it("refuses a size that is not the header's, before allocating for it", () => {
    const encoded = encode(image(16), format, 16, 1);
    expect(() => decodeJpegLossless(encoded, { ...format, rows: 41 })).toThrow(
      "the codestream is 40 × 33 pixels and the header says 41 × 33",
    );
  });

  it("refuses another JPEG process", () => {
    const encoded = encode(image(16), format, 16, 1);
    encoded[3] = 0xc1;
    expect(() => decodeJpegLossless(encoded, format)).toThrow(/another JPEG process \(FFC1\)/);
  });
});
