import { describe, expect, it } from "vitest";

import { encapsulatedFrames } from "./frames.ts";
import { encapsulated } from "./test-files.ts";
import { UndecodableImage } from "./undecodable.ts";

/** SOI, a segment's marker, and a letter to know it by. */
const jpeg = (letter: string): Uint8Array => Buffer.from([0xff, 0xd8, 0xff, letter.charCodeAt(0)]);
const tail = (letter: string): Uint8Array => Buffer.from([0, 0, 0, letter.charCodeAt(0)]);

function frames(
  fragments: readonly Uint8Array[],
  frameCount: number,
  basicOffsets: readonly number[] = [],
  extended: readonly [number[], number[]] = [[], []],
): string[] {
  const bytes = encapsulated(fragments, basicOffsets);
  const [extendedOffsets, extendedLengths] = extended;
  return encapsulatedFrames({ bytes, offset: 12, frameCount, extendedOffsets, extendedLengths }).map(
    (frame) =>
      Buffer.from(frame)
        .toString("latin1")
        .replace(/[^a-z]/g, ""),
  );
}

describe("encapsulatedFrames", () => {
  it("joins all fragments of one frame, whatever the offset table says", () => {
    expect(frames([jpeg("a"), tail("b"), tail("c")], 1)).toEqual(["abc"]);
    expect(frames([jpeg("a"), tail("b")], 1, [0, 12])).toEqual(["ab"]);
  });

  it("goes by the basic offset table", () => {
    // Every fragment takes 8 + 4 bytes: the second frame starts at 24.
    expect(frames([tail("a"), tail("b"), tail("c")], 2, [0, 24])).toEqual(["ab", "c"]);
  });

  it("goes by the extended offset table and its lengths", () => {
    expect(
      frames(
        [tail("a"), tail("b")],
        2,
        [],
        [
          [0, 12],
          [4, 3],
        ],
      ),
    ).toEqual(["a", ""]);
  });

  it("takes one fragment a frame", () => {
    expect(frames([tail("a"), tail("b")], 2)).toEqual(["a", "b"]);
  });

  it("goes by the codestreams' start where there is no table", () => {
    expect(frames([jpeg("a"), tail("b"), jpeg("c"), tail("d"), tail("e")], 2)).toEqual(["ab", "cde"]);
  });

  it("does so too when the table points nowhere", () => {
    expect(frames([jpeg("a"), tail("b"), jpeg("c")], 2, [0, 13])).toEqual(["ab", "c"]);
  });

  it("refuses what it cannot tell apart", () => {
    expect(() => frames([tail("a"), tail("b"), tail("c")], 2)).toThrow(/no usable offset table for 2 frames/);
    expect(() => frames([], 1)).toThrow(/holds no frame/);
  });

  it("refuses what is cut off or damaged", () => {
    const whole = encapsulated([jpeg("a"), tail("b")]);
    const read = (bytes: Uint8Array): unknown =>
      encapsulatedFrames({ bytes, offset: 12, frameCount: 1, extendedOffsets: [], extendedLengths: [] });
    for (let length = 12; length < whole.length - 4; length++) {
      expect(() => read(whole.subarray(0, length))).toThrow(UndecodableImage);
    }
    const damaged = Buffer.from(whole);
    damaged[20] = 0xff;
    expect(() => read(damaged)).toThrow(/not where it should be/);
  });
});
