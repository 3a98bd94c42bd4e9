/**
 * @file Peers: DCMTK and GDCM encode real slices into every transfer syntax they know; we must give the slices
 * back. Truth is the original file's last bytes.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { decodeSlices } from "./decode.ts";
import { parseHeader } from "./instance.ts";
import { DATA } from "./test-files.ts";

const here = (program: string): boolean => spawnSync("which", [program]).status === 0;
const missing = ["dcmcjpeg", "dcmcjpls", "dcmcrle", "dcmconv", "dcmdjpeg", "gdcmconv"].filter(
  (program) => !here(program),
);
const absent = missing.length > 0 || !existsSync(join(DATA, "rsna"));

interface Encoder {
  readonly name: string;
  readonly program: string;
  /** Before the two file names. */
  readonly options: readonly string[];
}
const encoder = (name: string, program: string, ...options: string[]): Encoder => ({
  name,
  program,
  options,
});

const ENCODERS: readonly Encoder[] = [
  encoder("implicit little endian", "dcmconv", "+ti"),
  encoder("explicit big endian", "dcmconv", "+tb"),
  encoder("deflated", "dcmconv", "+td"),
  encoder("implicit, undefined lengths", "dcmconv", "+ti", "-e"),
  encoder("data set without meta information", "dcmconv", "-F", "+ti"),
  encoder("RLE by DCMTK", "dcmcrle"),
  encoder("RLE by GDCM", "gdcmconv", "--rle"),
  encoder("JPEG lossless SV1 by DCMTK", "dcmcjpeg", "+e1"),
  ...["1", "2", "3", "4", "5", "6", "7"].map((predictor) =>
    encoder(`JPEG lossless predictor ${predictor} by DCMTK`, "dcmcjpeg", "+el", "+sv", predictor),
  ),
  encoder("JPEG lossless by DCMTK in fragments", "dcmcjpeg", "+e1", "+fs", "8"),
  encoder("JPEG lossless by GDCM", "gdcmconv", "--jpeg"),
  encoder("JPEG-LS by DCMTK", "dcmcjpls", "+el"),
  encoder("JPEG-LS by DCMTK in fragments", "dcmcjpls", "+el", "+fs", "4", "-ot"),
  encoder("JPEG-LS by GDCM", "gdcmconv", "--jpegls"),
  encoder("JPEG 2000 by GDCM", "gdcmconv", "--j2k"),
];

/** One signed of 16 bits, one unsigned of 12. */
const SLICES = ["ID_07c9bea25", "ID_6c5d82413"];

describe.skipIf(absent)(
  `peers (skipped without DCMTK, GDCM and FIRSTREAD_DATA; missing: ${missing.join(" ")})`,
  () => {
    let folder = "";
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "firstread-peers-"));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    describe.each(SLICES)("%s", (name) => {
      const original = join(DATA, "rsna", "labelled", `${name}.dcm`);

      it.each(ENCODERS)("$name", async ({ program, options }) => {
        const output = join(folder, "encoded.dcm");
        execFileSync(program, [...options, original, output], { stdio: "pipe" });
        const bytes = readFileSync(original);
        const isSigned = parseHeader(bytes).pixelRepresentation === 1;
        const [slice] = await decodeSlices(readFileSync(output));
        const start = bytes.length - 2 * 512 * 512;
        const expected = Int16Array.from({ length: 512 * 512 }, (_, i) => {
          const stored = isSigned ? bytes.readInt16LE(start + 2 * i) : bytes.readUInt16LE(start + 2 * i);
          return Math.max(-1024, stored - 1024);
        });
        expect(slice?.hu.findIndex((value, i) => value !== expected[i])).toBe(-1);
      });
    });

    // The second and third of these end in a pixel that other decoders get wrong.
    it.each([1, 37, 43, 120, 238])(
      "DCMTK decodes slice %i of a JPEG lossless exam to the same",
      async (number) => {
        const original = join(DATA, "cq500/normal-thin", `CT${String(number).padStart(6, "0")}.dcm`);
        const output = join(folder, "decoded.dcm");
        execFileSync("dcmdjpeg", [original, output], { stdio: "pipe" });
        const bytes = readFileSync(output);
        const start = bytes.length - 2 * 512 * 512;
        const [slice] = await decodeSlices(readFileSync(original));
        const wrong = slice?.hu.findIndex(
          (value, i) => value !== Math.max(-1024, bytes.readInt16LE(start + 2 * i) - 1024),
        );
        expect(wrong).toBe(-1);
      },
    );

    it("a near-lossless JPEG-LS by DCMTK keeps to its deviation", async () => {
      const original = join(DATA, "rsna", "labelled", "ID_6c5d82413.dcm");
      const output = join(folder, "near.dcm");
      execFileSync("dcmcjpls", ["+en", "+md", "3", original, output], { stdio: "pipe" });
      const [near] = await decodeSlices(readFileSync(output));
      const [exact] = await decodeSlices(readFileSync(original));
      const errors = Array.from(near?.hu ?? [], (value, i) => Math.abs(value - (exact?.hu[i] ?? 0)));
      expect(errors.reduce((largest, error) => Math.max(largest, error), 0)).toBe(3);
    });
  },
);
