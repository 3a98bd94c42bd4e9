import { describe, expect, it } from "vitest";

import { decodeSlices, UndecodableImage } from "./decode.ts";
import { UnreadableInstance } from "./instance.ts";
import { compressedFile, ctElements, encapsulated, fileOf } from "./test-files.ts";
import type { TestValue } from "./test-files.ts";

const RLE = "1.2.840.10008.1.2.5";

/** One RLE segment a byte of [1024, 1064, 1064, 1064]: high bytes 04 × 4, low bytes 00 28 28 28. */
function rleFrame(): Buffer {
  const frame = Buffer.alloc(64 + 2 + 4);
  frame.writeUInt32LE(2, 0);
  frame.writeUInt32LE(64, 4);
  frame.writeUInt32LE(66, 8);
  frame.set([0xfd, 0x04, 0x00, 0x00, 0xfe, 0x28], 64);
  return frame;
}

const hu = async (file: Uint8Array): Promise<number[][]> =>
  (await decodeSlices(file)).map((slice) => [...slice.hu]);

describe("decodeSlices", () => {
  it.each(["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"])(
    "reads uncompressed pixels in %s, and leaves the bytes as they were",
    async (transferSyntaxUid) => {
      const file = fileOf(ctElements(), transferSyntaxUid);
      const before = Buffer.from(file);
      expect(await hu(file)).toEqual([[-1024, 0, 40, 3071]]);
      expect(file).toEqual(before);
    },
  );

  it("says where the slice is and how large", async () => {
    const [slice] = await decodeSlices(fileOf(ctElements({ "00180050 DS": "5", "00280030 DS": "0.4\\0.5" })));
    expect(slice).toMatchObject({
      sopInstanceUid: "1.2.3.4",
      frame: 1,
      rows: 2,
      columns: 2,
      spacingMm: [0.4, 0.5],
      positionMm: 50,
      thicknessMm: 5,
    });
  });

  it("reads pixels at an odd address, as they come out of a larger buffer", async () => {
    const file = fileOf(ctElements());
    const shifted = Buffer.concat([Buffer.alloc(1), file]).subarray(1);
    expect(await hu(shifted)).toEqual([[-1024, 0, 40, 3071]]);
  });

  it("reads signed pixels with padding of the same signedness", async () => {
    const signed = { "00280103 US": [1], "00280120 SS": [0xf830], "00281052 DS": "0" };
    const file = fileOf(ctElements({ ...signed, "7FE00010 OW": [0xf830, 0xffff, 40, 1000] }));
    expect(await hu(file)).toEqual([[-1024, -1, 40, 1000]]);
  });

  it("reads RLE", async () => {
    expect(await hu(compressedFile(RLE, {}, encapsulated([rleFrame()])))).toEqual([[0, 40, 40, 40]]);
  });

  it("reads enhanced multi-frame: each frame with its own position and rescale", async () => {
    const group = (z: number, intercept: number): Record<string, TestValue> => ({
      "00209113 SQ": [{ "00200032 DS": `0\\0\\${z}` }],
      "00289145 SQ": [{ "00281052 DS": String(intercept), "00281053 DS": "1" }],
    });
    const file = fileOf(
      ctElements({
        "00200032 DS": undefined,
        "00280008 IS": "2",
        "52009229 SQ": [{ "00209116 SQ": [{ "00200037 DS": "1\\0\\0\\0\\1\\0" }] }],
        "52009230 SQ": [group(10, -1024), group(17, -1000)],
        "7FE00010 OW": [1024, 1024, 1024, 1024, 1000, 1000, 1000, 1040],
      }),
    );
    const slices = await decodeSlices(file);
    expect(
      slices.map(({ frame, positionMm, thicknessMm, hu }) => [frame, positionMm, thicknessMm, [...hu]]),
    ).toEqual([
      [1, 10, 7, [0, 0, 0, 0]],
      [2, 17, 7, [0, 0, 0, 40]],
    ]);
  });

  it("finds frames by an extended offset table", async () => {
    const offsets = Buffer.alloc(16);
    offsets.writeBigUInt64LE(78n, 8);
    const lengths = Buffer.alloc(16);
    lengths.writeBigUInt64LE(70n, 0);
    lengths.writeBigUInt64LE(70n, 8);
    const position = (z: number): Record<string, TestValue> => ({
      "00209113 SQ": [{ "00200032 DS": `0\\0\\${z}` }],
    });
    const file = compressedFile(
      RLE,
      {
        "00280008 IS": "2",
        "52009230 SQ": [position(1), position(2)],
        "7FE00001 OV": offsets,
        "7FE00002 OV": lengths,
      },
      encapsulated([rleFrame(), rleFrame()]),
    );
    expect(await hu(file)).toEqual([
      [0, 40, 40, 40],
      [0, 40, 40, 40],
    ]);
  });
});

describe("decodeSlices refuses, with the reason", () => {
  const changed = (changes: Record<string, TestValue | undefined>): Buffer => fileOf(ctElements(changes));
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["no pixels", changed({ "7FE00010 OW": undefined }), /no pixel data/],
    ["no rows", changed({ "00280010 US": [0] }), /no size: 0 rows, 2 columns/],
    [
      "10,000 × 10,000 pixels",
      changed({ "00280010 US": [10000], "00280011 US": [10000] }),
      /claims 10000 × 10000 pixels/,
    ],
    [
      "4,000 × 4,000 pixels with data for four",
      changed({ "00280010 US": [4000], "00280011 US": [4000] }),
      /cut off: 1 × 4000 × 4000 pixels need 32000000 bytes and 8 are there/,
    ],
    ["a cut-off file", changed({}).subarray(0, -3), /cut off: .* need 8 bytes and 5 are there/],
    [
      "colour",
      changed({ "00280002 US": [3], "00280004 CS": "RGB" }),
      /colour image \(3 samples a pixel, RGB\)/,
    ],
    ["a palette", changed({ "00280004 CS": "PALETTE COLOR" }), /PALETTE COLOR/],
    ["12 bits allocated", changed({ "00280100 US": [12] }), /12 bits allocated/],
    ["32 bits allocated", changed({ "00280100 US": [32] }), /32 bits allocated/],
    ["more bits stored than allocated", changed({ "00280101 US": [17] }), /17 bits stored of 16/],
    ["no bits stored", changed({ "00280101 US": undefined }), /0 bits stored/],
    ["no slope", changed({ "00281053 DS": undefined }), /no RescaleSlope and RescaleIntercept/],
    ["no intercept", changed({ "00281052 DS": undefined }), /no RescaleSlope and RescaleIntercept/],
    ["slope 0", changed({ "00281053 DS": "0" }), /RescaleSlope/],
    ["no position", changed({ "00200032 DS": undefined }), /no position/],
    ["no pixel spacing", changed({ "00280030 DS": undefined }), /no PixelSpacing/],
    ["spacing 0", changed({ "00280030 DS": "0\\0" }), /no PixelSpacing/],
    ["a million frames", changed({ "00280008 IS": "1000000" }), /claims 1000000 frames/],
    ["half a frame", changed({ "00280008 IS": "0.5" }), /claims 0.5 frames/],
    ["frames without positions", changed({ "00280008 IS": "2" }), /2 frames have no positions of their own/],
    [
      "an unknown transfer syntax",
      fileOf(ctElements(), "1.2.840.10008.1.2.4.100"),
      /transfer syntax 1\.2\.840\.10008\.1\.2\.4\.100 are not decoded/,
    ],
    ["JPEG Extended", fileOf(ctElements(), "1.2.840.10008.1.2.4.51"), /JPEG Extended/],
    ["a compressed syntax with bare pixels", fileOf(ctElements(), RLE), /not encapsulated/],
    [
      "an uncompressed syntax with encapsulated pixels",
      compressedFile("1.2.840.10008.1.2.1", {}, encapsulated([rleFrame()])),
      /is encapsulated, though/,
    ],
    [
      "an RLE frame cut off",
      compressedFile(RLE, {}, encapsulated([rleFrame().subarray(0, 68)])),
      /RLE frame is cut off/,
    ],
    ["an empty frame", compressedFile(RLE, {}, encapsulated([new Uint8Array(0)])), /shorter than its header/],
    [
      "fragments cut off",
      compressedFile(RLE, {}, encapsulated([rleFrame()]).subarray(0, 60)),
      /PixelData is cut off/,
    ],
    ...["50", "57", "70", "80", "81", "90", "91", "201", "202", "203"].map(
      (syntax) =>
        [
          `no codestream in .${syntax}`,
          compressedFile(`1.2.840.10008.1.2.4.${syntax}`, {}, encapsulated([rleFrame()])),
          /is not a JPEG/,
        ] as const,
    ),
  ];

  it.each(cases)("%s", async (_name, file, reason) => {
    await expect(decodeSlices(file)).rejects.toThrow(UndecodableImage);
    await expect(decodeSlices(file)).rejects.toThrow(reason);
  });

  it("bytes that are no instance", async () => {
    await expect(decodeSlices(Buffer.from("not DICOM"))).rejects.toThrow(UnreadableInstance);
  });
});
