import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { decodeFrames } from "../../dicom/decode.ts";
import { HEAD_CT_WINDOWS } from "../../domain/slice.ts";
import { headSquare } from "./head-square.ts";
import { PictureMaker } from "./picture.ts";
import type { PictureSpec } from "./picture.ts";
import { testInstance } from "./test-set.ts";

interface Notebook {
  readonly rows: number;
  readonly columns: number;
  readonly stored: string;
  readonly linear: string;
  readonly exact: string;
  readonly exact24: string;
}

const notebook = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures", "notebook.json"), "utf8"),
) as Notebook;
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

const SPEC: PictureSpec = {
  windows: HEAD_CT_WINDOWS,
  ...{ windowFunction: "linear-exact", size: null, crop: "none", format: "png", quality: 95 },
};
const uint16 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);
const instance = testInstance(1, 1, {
  "00280010 US": uint16(notebook.rows),
  "00280011 US": uint16(notebook.columns),
  "7FE00010 OW": bytesOf(notebook.stored),
});

async function rendered(spec: Partial<PictureSpec>): Promise<Uint8Array> {
  const maker = new PictureMaker({ ...SPEC, ...spec });
  for await (const frame of decodeFrames(instance)) return maker.render(frame).values;
  throw new Error("no frame");
}

function largestDifference(ours: Uint8Array, theirs: Uint8Array): number {
  expect(ours.length).toBe(theirs.length);
  return ours.reduce((most, value, i) => Math.max(most, Math.abs(value - (theirs[i] ?? 0))), 0);
}

describe("pictures against the notebook's stack", () => {
  it("equals numpy's windows to one grey level", async () => {
    expect(largestDifference(await rendered({}), bytesOf(notebook.exact))).toBeLessThanOrEqual(1);
  });

  it("equals pydicom's LINEAR to one grey level", async () => {
    const ours = await rendered({ windowFunction: "linear" });
    expect(largestDifference(ours, bytesOf(notebook.linear))).toBeLessThanOrEqual(1);
  });

  it("equals Pillow's bilinear resizing to one grey level", async () => {
    // Pillow resizes what was already cut to whole grey levels below, so two roundings may add up.
    const difference = largestDifference(await rendered({ size: 24 }), bytesOf(notebook.exact24));
    expect(difference).toBeLessThanOrEqual(1);
  });
});

describe("PictureMaker", () => {
  it("encodes what it renders", async () => {
    const { bytes, rows, columns } = await new PictureMaker(SPEC).make(instance);
    expect([rows, columns]).toEqual([40, 40]);
    expect(new Uint8Array(await sharp(bytes).raw().toBuffer())).toEqual(await rendered({}));
    const jpeg = await new PictureMaker({ ...SPEC, format: "jpg" }).make(instance);
    expect((await sharp(jpeg.bytes).metadata()).chromaSubsampling).toBe("4:4:4");
  });

  it("a JPEG of the best quality keeps every channel to a few grey levels", async () => {
    const values = Uint8Array.from({ length: 3 * 64 * 48 }, (_, i) => ((i % 3) * 60 + i / 77) % 256);
    const maker = new PictureMaker({ ...SPEC, format: "jpg", quality: 100 });
    const bytes = await maker.encode({ rows: 48, columns: 64, values });
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([64, 48, 3]);
    expect(largestDifference(new Uint8Array(data), values)).toBeLessThanOrEqual(4);
  });

  it("pads a slice that is not square before it is resized", async () => {
    const wide = testInstance(1, 1, { "00280010 US": uint16(16), "00280011 US": uint16(64) });
    const { rows, columns, bytes } = await new PictureMaker({ ...SPEC, size: 64 }).make(wide);
    expect([rows, columns]).toEqual([64, 64]);
    const pixels = await sharp(bytes).raw().toBuffer();
    expect([pixels[2], pixels[3 * (32 * 64 + 32) + 2]]).toEqual([0, expect.any(Number)]);
    expect(pixels[3 * (32 * 64 + 32) + 2]).toBeGreaterThan(60);
  });

  it("refuses several frames in plain words", async () => {
    const many = testInstance(1, 1, { "00280008 IS": "2" });
    await expect(new PictureMaker(SPEC).make(many)).rejects.toThrow("2 frames");
  });
});

describe("headSquare", () => {
  /** A disc of soft tissue, and a table of the same density below it. */
  const drawn = (): Uint16Array =>
    Uint16Array.from({ length: 200 * 200 }, (_, i) => {
      const [row, column] = [Math.floor(i / 200), i % 200];
      const head = (row - 80) ** 2 + (column - 110) ** 2 < 60 ** 2;
      const table = row > 180 && row < 188;
      return head || table ? 1060 : 0;
    });
  const table = Int16Array.from({ length: 65536 }, (_, word) => Math.min(32767, word - 1024));

  it("frames the head without the table", () => {
    const square = headSquare(drawn(), 200, 200, table);
    const middle = {
      row: (square?.top ?? 0) + (square?.side ?? 0) / 2,
      column: (square?.left ?? 0) + (square?.side ?? 0) / 2,
    };
    expect(Math.abs(middle.row - 80)).toBeLessThanOrEqual(4);
    expect(Math.abs(middle.column - 110)).toBeLessThanOrEqual(4);
    expect(square?.side).toBeGreaterThan(120);
    expect(square?.side).toBeLessThan(136);
  });

  it("finds none in air", () => {
    expect(headSquare(new Uint16Array(200 * 200), 200, 200, table)).toBeNull();
  });
});
