/**
 * @file Damage: files with bytes changed and cut off, many times, by a seeded generator. Whatever comes, the
 * answer is slices or one of our two errors, soon, and never the pixels of the image before.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { decodeSlices, UndecodableImage } from "./decode.ts";
import { parseHeader, UnreadableInstance } from "./instance.ts";
import { compressedFile, ctElements, DATA, encapsulated, fileOf } from "./test-files.ts";

/** A linear congruential generator (Numerical Recipes): numbers in 0…1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const KINDS: readonly ((bytes: Buffer, from: number, random: () => number) => Buffer)[] = [
  function flipOneBit(bytes, from, random) {
    const at = from + Math.floor(random() * (bytes.length - from));
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return bytes;
  },
  function changeTenBytes(bytes, from, random) {
    for (let i = 0; i < 10; i++) bytes[from + Math.floor(random() * (bytes.length - from))] = random() * 256;
    return bytes;
  },
  function zeroAStretch(bytes, from, random) {
    const at = from + Math.floor(random() * (bytes.length - from));
    return bytes.fill(0, at, Math.min(bytes.length, at + 2000));
  },
  function changeTheHead(bytes, from, random) {
    bytes[from + Math.floor(random() * 150)] = random() * 256;
    return bytes;
  },
  function cutOff(bytes, _, random) {
    return bytes.subarray(0, Math.floor(random() * bytes.length));
  },
  function removeAByte(bytes, from, random) {
    const at = from + Math.floor(random() * (bytes.length - from));
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  },
];

/** Longest processor time that any of them may take; a sound slice takes 3 to 50 ms. */
const SOON_MS = 2000;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function expectSafe(bytes: Buffer, isPrevious: (hu: Int16Array) => boolean): Promise<void> {
  const start = cpuMs();
  try {
    for (const slice of await decodeSlices(bytes)) {
      expect(slice.hu.length).toBe(slice.rows * slice.columns);
      expect(isPrevious(slice.hu)).toBe(false);
    }
  } catch (error) {
    if (!(error instanceof UndecodableImage) && !(error instanceof UnreadableInstance)) throw error;
    expect(error.message.length).toBeGreaterThan(10);
  }
  expect(cpuMs() - start).toBeLessThan(SOON_MS);
}

/** Hundreds of decodings, on a machine that may be busy. */
const PATIENCE_MS = 240_000;

describe("damaged headers", { timeout: PATIENCE_MS }, () => {
  it("any one byte of a small file changed, or the file cut there", async () => {
    const random = generator(1);
    for (const whole of [fileOf(ctElements()), fileOf(ctElements(), "1.2.840.10008.1.2")]) {
      for (let at = 128; at < whole.length; at++) {
        const changed = Buffer.from(whole);
        changed[at] = random() * 256;
        await expectSafe(changed, () => false);
        await expectSafe(whole.subarray(0, at), () => false);
      }
    }
  });

  it("parseHeader throws nothing but UnreadableInstance", () => {
    const random = generator(2);
    const whole = fileOf(ctElements());
    for (let i = 0; i < 2000; i++) {
      const changed = Buffer.from(whole);
      for (let n = 0; n < 3; n++) changed[128 + Math.floor(random() * (whole.length - 128))] = random() * 256;
      try {
        parseHeader(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableInstance);
      }
    }
  });
});

describe.skipIf(!existsSync(join(DATA, "codec")))(
  "damaged pixels (skipped without FIRSTREAD_DATA)",
  { timeout: PATIENCE_MS },
  () => {
    const htj2k = (name: string): Buffer =>
      compressedFile(
        "1.2.840.10008.1.2.4.201",
        { "00280010 US": [512], "00280011 US": [512], "00280103 US": [1], "00281052 DS": "0" },
        encapsulated([readFileSync(join(DATA, "codec/htj2k", `${name}.j2c`))]),
      );
    const wg04 = (name: string): Buffer => readFileSync(join(DATA, "codec/wg04", name));

    it.each([
      ["RLE", () => wg04("CT1_RLE"), () => wg04("CT2_RLE")],
      ["JPEG lossless", () => wg04("CT1_JPLL"), () => wg04("CT2_JPLL")],
      ["JPEG-LS", () => wg04("CT1_JLSL"), () => wg04("CT2_JLSL")],
      ["JPEG-LS near-lossless", () => wg04("CT1_JLSN"), () => wg04("CT2_JLSN")],
      ["JPEG 2000", () => wg04("CT1_J2KR"), () => wg04("CT2_J2KR")],
      ["JPEG 2000 lossy", () => wg04("CT1_J2KI"), () => wg04("CT2_J2KI")],
      ["HTJ2K", () => htj2k("CT1"), () => htj2k("CT2")],
    ])("%s", async (_name, before, damaged) => {
      const random = generator(3);
      const previous = (await decodeSlices(before()))[0]?.hu ?? new Int16Array();
      const whole = damaged();
      const pixelData = whole.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));
      // Two images of different patients agree by chance in few pixels of tissue.
      const isPrevious = (hu: Int16Array): boolean => {
        let same = 0;
        let tissue = 0;
        for (let i = 0; i < previous.length; i += 5) {
          if ((previous[i] ?? 0) < -900) continue;
          tissue++;
          if (previous[i] === hu[i]) same++;
        }
        return same > tissue / 10;
      };
      for (let i = 0; i < 36; i++) {
        if (i % 10 === 0) await decodeSlices(before());
        const damage = KINDS[i % KINDS.length];
        await expectSafe(damage?.(Buffer.from(whole), pixelData, random) ?? whole, isPrevious);
      }
      // And a sound file still decodes after all that.
      expect((await decodeSlices(before()))[0]?.hu).toEqual(previous);
    });
  },
);
