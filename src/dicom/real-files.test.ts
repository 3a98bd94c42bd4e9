/**
 * @file Real files: every codec against its uncompressed truth, every study against what it is known to be.
 *
 * Truth is read here without our reader: these files' pixels are their last bytes.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import type { Slice } from "../domain/slice.ts";
import { decodeSlices, UndecodableImage } from "./decode.ts";
import { slicePositionMm } from "./geometry.ts";
import { parseHeader } from "./instance.ts";
import { chooseHeadSeries } from "./series.ts";
import { compressedFile, DATA, encapsulated } from "./test-files.ts";

const file = (path: string): Buffer => readFileSync(join(DATA, path));

function filesOf(folder: string): string[] {
  return readdirSync(join(DATA, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => !path.endsWith(".csv") && statSync(join(DATA, path)).isFile())
    .sort();
}

/** The last `pixels` signed (or unsigned) words of a file in HU, nothing below air. */
function truth(path: string, intercept: number, { pixels = 512 * 512, isSigned = true } = {}): Int16Array {
  const bytes = file(path);
  const start = bytes.length - 2 * pixels;
  return Int16Array.from({ length: pixels }, (_, i) => {
    const stored = isSigned ? bytes.readInt16LE(start + 2 * i) : bytes.readUInt16LE(start + 2 * i);
    return Math.max(-1024, stored + intercept);
  });
}

function largestError(slices: readonly Slice[], expected: Int16Array): number {
  let largest = 0;
  let i = 0;
  for (const { hu } of slices) {
    for (const value of hu) largest = Math.max(largest, Math.abs(value - (expected[i++] ?? Infinity)));
  }
  return i === expected.length ? largest : Infinity;
}

describe.skipIf(!existsSync(join(DATA, "codec")))("codec files (skipped without FIRSTREAD_DATA)", () => {
  const lossless = 0;

  it.each([
    ["BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2", lossless],
    ["DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99", lossless],
    ["LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1", lossless],
    ["LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2", lossless],
    ["RLELosslessTransferSyntax_1.2.840.10008.1.2.5", lossless],
    ["JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57", lossless],
    ["JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70", lossless],
    ["JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80", lossless],
    ["JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90", lossless],
    // The largest errors of reference decoders.
    ["JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81", 1],
    ["JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91", 5],
    ["JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50", 64],
  ])("CTImage in %s: at most %i HU off", async (syntax, bound) => {
    const slices = await decodeSlices(file(`codec/ctimage/CTImage.dcm_${syntax}.dcm`));
    expect(largestError(slices, truth("codec/ctimage/CTImage.dcm", -1024))).toBeLessThanOrEqual(bound);
  });

  it.each([
    ["JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51", /JPEG Extended/],
    ["JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53", /JPEG Spectral Selection/],
    ["JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55", /JPEG Full Progression/],
  ])("CTImage in %s: refused", async (syntax, reason) => {
    const decoding = decodeSlices(file(`codec/ctimage/CTImage.dcm_${syntax}.dcm`));
    await expect(decoding).rejects.toThrow(UndecodableImage);
    await expect(decoding).rejects.toThrow(reason);
  });

  describe.each([
    ["CT1", -1024],
    ["CT2", 0],
  ])("WG04 %s", (name, intercept) => {
    // J2KI is so lossy that the bound is gdcm's own error: 352 HU for CT1, of which a good part is below air.
    it.each([
      ["J2KR", lossless],
      ["JLSL", lossless],
      ["JPLL", lossless],
      ["RLE", lossless],
      ["JLSN", 4],
      ["J2KI", 352],
    ])("%s: at most %i HU off", async (coding, bound) => {
      const slices = await decodeSlices(file(`codec/wg04/${name}_${coding}`));
      expect(largestError(slices, truth(`codec/wg04/${name}.RAW`, intercept))).toBeLessThanOrEqual(bound);
    });

    it.each(["201", "202", "203"])("HTJ2K .%s: exact", async (syntax) => {
      const dicom = compressedFile(
        `1.2.840.10008.1.2.4.${syntax}`,
        {
          "00280010 US": [512],
          "00280011 US": [512],
          "00280103 US": [1],
          "00281052 DS": String(intercept),
        },
        encapsulated([file(`codec/htj2k/${name}.j2c`)]),
      );
      expect(largestError(await decodeSlices(dicom), truth(`codec/wg04/${name}.RAW`, intercept))).toBe(0);
    });
  });

  const multiframe = existsSync(join(DATA, "codec")) ? filesOf("codec/multiframe") : [];
  it.each(multiframe.filter((path) => /CT1_UNC/.test(path)))("%s: exact", async (path) => {
    const expected = truth("codec/wg04/CT1.RAW", -1024);
    expect(largestError(await decodeSlices(file(path)), expected)).toBe(0);
  });

  it.each(multiframe.filter((path) => /CT0012/.test(path) && !/\.51\./.test(path)))(
    "%s: two frames in place",
    async (path) => {
      const slices = await decodeSlices(file(path));
      const pixels = 2 * 512 * 512;
      const expected = truth("codec/multiframe/CT0012.explicit_little_endian.dcm", -1024, {
        pixels,
        isSigned: false,
      });
      expect(largestError(slices, expected)).toBeLessThanOrEqual(/\.81\./.test(path) ? 2 : 0);
      expect(slices.map(({ frame, positionMm }) => [frame, positionMm])).toEqual([
        [1, -159],
        [2, -149],
      ]);
    },
  );
});

/** The chosen series' positions, and every so many of its slices decoded. */
async function study(folder: string, every = 1): Promise<{ positions: number[]; hu: readonly Int16Array[] }> {
  const bytesOf = new Map<string, Buffer>();
  const headers = filesOf(folder).map((path) => {
    const bytes = file(path);
    const header = parseHeader(bytes);
    bytesOf.set(header.sopInstanceUid, bytes);
    return header;
  });
  const choice = chooseHeadSeries(headers);
  expect(choice.notApplicable).toBeNull();
  expect(choice.skipped).toEqual([]);
  const positions = choice.instances.map((header) => slicePositionMm(header) ?? NaN);
  const hu: Int16Array[] = [];
  for (const [i, header] of choice.instances.entries()) {
    if (i % every !== 0) continue;
    for (const slice of await decodeSlices(bytesOf.get(header.sopInstanceUid) ?? Buffer.alloc(0))) {
      expect(slice.positionMm).toBe(positions[i]);
      hu.push(slice.hu);
    }
  }
  return { positions, hu };
}

/** Air, brain and bone must be where they are in a head: shares of all pixels. */
function expectHead(hu: readonly Int16Array[]): void {
  let [air, brain, bone, all] = [0, 0, 0, 0];
  for (const slice of hu) {
    for (const value of slice) {
      if (value <= -900) air++;
      else if (value >= 10 && value <= 60) brain++;
      else if (value >= 300) bone++;
      all++;
    }
  }
  expect(air / all).toBeGreaterThan(0.2);
  expect(brain / all).toBeGreaterThan(0.1);
  expect(bone / all).toBeGreaterThan(0.02);
  expect(bone / all).toBeLessThan(0.25);
}

const steps = (positions: readonly number[]): number[] =>
  positions.slice(1).map((position, i) => position - (positions[i] ?? NaN));

describe.skipIf(!existsSync(join(DATA, "rsna")))("real studies (skipped without FIRSTREAD_DATA)", () => {
  it("rsna/study: 36 slices, 5 mm apart along the normal", async () => {
    const { positions, hu } = await study("rsna/study");
    expect(hu.length).toBe(36);
    for (const step of steps(positions)) expect(step).toBeCloseTo(5, 1);
    expectHead(hu);
  });

  it("rsna/labelled: both signednesses have air at -1000 and nothing below -1024", async () => {
    for (const path of filesOf("rsna/labelled")) {
      const [slice] = await decodeSlices(file(path));
      expectHead(slice === undefined ? [] : [slice.hu]);
    }
  });

  it("cq500/normal-thin: 238 slices at 0.62 mm, one gap of twice that", async () => {
    const { positions, hu } = await study("cq500/normal-thin", 7);
    expect(positions.length).toBe(238);
    expect(hu.length).toBe(34);
    const sizes = steps(positions);
    expect(sizes.filter((step) => step > 1).length).toBe(1);
    expect(Math.max(...sizes)).toBeCloseTo(1.236, 2); // 1.25 mm along the table, times cos 8.5°
    expectHead(hu);
  });

  it("ge-head: 28 slices in order, 4 and 7 mm mixed", async () => {
    const { positions, hu } = await study("ge-head");
    expect(hu.length).toBe(28);
    // Fourteen slices of 4 mm; then the 7 mm block, which starts 1.1 mm above the last of them.
    const rounded = steps(positions).map((step) => Math.round(step));
    expect(rounded).toEqual([...Array<number>(13).fill(4), 1, ...Array<number>(13).fill(7)]);
    expectHead(hu);
  });
});

describe.skipIf(!existsSync(join(DATA, "philips-mixed")))(
  "philips-mixed (skipped without FIRSTREAD_DATA)",
  () => {
    it("takes the 5 mm axial series, and says why not the others", () => {
      const choice = chooseHeadSeries(filesOf("philips-mixed").map((path) => parseHeader(file(path))));
      expect(choice.series.map(({ description, chosen, reason }) => [description, chosen, reason])).toEqual([
        ["", false, "A localizer."],
        ["STD BRAIN 5MM", true, "8 axial slices of 5 mm over 40 mm, smooth kernel."],
        ["STD BRAIN 1MM, iDose", false, 'Covers only 3 mm, and "STD BRAIN 5MM" covers 40 mm.'],
        ["Exam Summary", false, "A secondary capture, not a CT image."],
      ]);
      expect(choice.instances.map((header) => header.imagePositionPatient?.[2])).toEqual([
        696.21, 701.21, 706.21, 711.21, 716.21, 721.21, 726.21, 731.21,
      ]);
    });
  },
);
