/**
 * @file For tests: a small archive of CT files with labels, on disk.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { dataSetBytes } from "../../dicom/test-files.ts";
import type { TestElements } from "../../dicom/test-files.ts";

export interface TestSet {
  readonly dir: string;
  readonly labels: string;
  /** Path of every file by its image. */
  readonly files: ReadonlyMap<string, string>;
}

const SIZE = 32;
export const SLICES = 3;

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}

/** One CT instance of 32 × 32 pixels, no two alike: HU from −1024, 12 bits. */
export function testInstance(patient: number, slice: number, own: TestElements = {}): Buffer {
  const pixels = Uint16Array.from(
    { length: SIZE * SIZE },
    (_, i) => 1000 + ((i * 7 + patient * 31 + slice * 11) % 200),
  );
  const elements: TestElements = {
    "00080016 UI": "1.2.840.10008.5.1.4.1.1.2",
    "00080018 UI": `1.2.3.${patient}.${slice}`,
    "00080060 CS": "CT",
    "00100020 LO": `patient ${patient}`,
    "0020000D UI": `1.2.3.${patient}`,
    "0020000E UI": `1.2.3.${patient}.99`,
    "00200032 DS": `0\\0\\${slice * 5}`,
    "00200037 DS": "1\\0\\0\\0\\1\\0",
    "00280002 US": uint16(1),
    "00280004 CS": "MONOCHROME2",
    "00280010 US": uint16(SIZE),
    "00280011 US": uint16(SIZE),
    "00280030 DS": "0.5\\0.5",
    "00280100 US": uint16(16),
    "00280101 US": uint16(12),
    "00280102 US": uint16(11),
    "00280103 US": uint16(0),
    "00281052 DS": "-1024",
    "00281053 DS": "1",
    "7FE00010 OW": new Uint8Array(pixels.buffer),
    ...own,
  };
  const sorted = Object.fromEntries(Object.entries(elements).sort(([a], [b]) => (a < b ? -1 : 1)));
  const meta = dataSetBytes({ "00020010 UI": "1.2.840.10008.1.2.1" });
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), meta, dataSetBytes(sorted)]);
}

/** `patients` patients of three slices; every second one has a bleed on its last slice. */
export function writeTestSet(dir: string, patients: number): TestSet {
  const files = new Map<string, string>();
  const rows = ["ID,Label"];
  for (let patient = 0; patient < patients; patient++) {
    mkdirSync(join(dir, `p${patient}`), { recursive: true });
    for (let slice = 0; slice < SLICES; slice++) {
      const image = `ID_${patient}x${slice}`;
      const file = join(dir, `p${patient}`, `${image}.dcm`);
      writeFileSync(file, testInstance(patient, slice));
      files.set(image, file);
      const bleeding = patient % 2 === 1 && slice === SLICES - 1 ? 1 : 0;
      rows.push(`${image}_subdural,${bleeding}`, `${image}_any,${bleeding}`);
    }
  }
  const labels = join(dir, "labels.csv");
  writeFileSync(labels, `${rows.join("\n")}\n`);
  return { dir, labels, files };
}

/** A zip file of stored entries; `zip64` writes sizes and places as the challenge's download has them. */
export function zipOf(
  entries: Readonly<Record<string, Uint8Array>>,
  crcs: (bytes: Uint8Array) => number,
  zip64 = false,
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(entries)) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt32LE(crcs(bytes), 14);
    local.writeUInt32LE(bytes.length, 18);
    local.writeUInt32LE(bytes.length, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(45, 6);
    central.writeUInt32LE(crcs(bytes), 16);
    central.writeUInt32LE(zip64 ? 0xffffffff : bytes.length, 20);
    central.writeUInt32LE(zip64 ? 0xffffffff : bytes.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(zip64 ? 0xffffffff : at, 42);
    const extra = Buffer.alloc(zip64 ? 28 : 0);
    if (zip64) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      for (const [i, value] of [bytes.length, bytes.length, at].entries())
        extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
    }
    central.writeUInt16LE(extra.length, 30);
    directory.push(central, Buffer.from(name), extra);
    parts.push(local, Buffer.from(name), Buffer.from(bytes));
    at += 30 + name.length + bytes.length;
  }
  const listed = Buffer.concat(directory);
  const count = Object.keys(entries).length;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : count, 8);
  end.writeUInt16LE(zip64 ? 0xffff : count, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16);
  return Buffer.concat([...parts, listed, ...(zip64 ? zip64End(count, listed.length, at) : []), end]);
}

function zip64End(count: number, length: number, at: number): Buffer[] {
  const end = Buffer.alloc(56);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(length), 40);
  end.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(at + length), 8);
  locator.writeUInt32LE(1, 16);
  return [end, locator];
}
