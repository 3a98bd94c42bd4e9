/**
 * @file For tests: DICOM files built byte by byte (PS3.5 section 7), so that every odd encoding can be made.
 */
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";

/** Real studies for tests; see the README there. Absent on most machines, and then those tests are skipped. */
export const DATA =
  process.env["FIRSTREAD_DATA"] ?? join(import.meta.dirname, "..", "..", "..", "shared", "data");

/** A value: text, US numbers, raw bytes, or the items of a sequence. */
export type TestValue = string | readonly number[] | Uint8Array | readonly TestElements[];
/** "00100010 PN" → value, in ascending order of tags. */
export type TestElements = Readonly<Record<string, TestValue>>;

export interface TestEncoding {
  readonly explicitVr?: boolean;
  readonly littleEndian?: boolean;
  /** Write sequences and items with undefined length. */
  readonly undefinedLength?: boolean;
}

const LONG = new Set(["OB", "OW", "OV", "SQ", "UN", "UT", "UC"]);

/** A data set's bytes. */
export function dataSetBytes(elements: TestElements, encoding: TestEncoding = {}): Buffer {
  return Buffer.concat(Object.entries(elements).map(([key, value]) => elementBytes(key, value, encoding)));
}

function elementBytes(key: string, value: TestValue, encoding: TestEncoding): Buffer {
  const { explicitVr = true, littleEndian = true, undefinedLength = false } = encoding;
  const [tag = "", vr = ""] = key.split(" ");
  const body = valueBytes(value, vr, encoding);
  const length = vr === "SQ" && undefinedLength ? 0xffffffff : body.length;
  const header = Buffer.alloc(!explicitVr || !LONG.has(vr) ? 8 : 12);
  const u16 = (number: number, at: number): unknown =>
    littleEndian ? header.writeUInt16LE(number, at) : header.writeUInt16BE(number, at);
  const u32 = (number: number, at: number): unknown =>
    littleEndian ? header.writeUInt32LE(number, at) : header.writeUInt32BE(number, at);
  u16(parseInt(tag.slice(0, 4), 16), 0);
  u16(parseInt(tag.slice(4), 16), 2);
  if (!explicitVr) u32(length, 4);
  else {
    header.write(vr, 4, "latin1");
    if (LONG.has(vr)) u32(length, 8);
    else u16(length, 6);
  }
  return Buffer.concat([header, body]);
}

function valueBytes(value: TestValue, vr: string, encoding: TestEncoding): Buffer {
  if (typeof value === "string") {
    return Buffer.from(value.length % 2 === 0 ? value : value + (vr === "UI" ? "\0" : " "), "latin1");
  }
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (vr === "SQ") {
    const items = (value as readonly TestElements[]).map((item) => itemBytes(item, encoding));
    const end = encoding.undefinedLength === true ? [tagAndLength(0xfffe, 0xe0dd, 0, encoding)] : [];
    return Buffer.concat([...items, ...end]);
  }
  const numbers = Buffer.from(Uint16Array.from(value as readonly number[]).buffer);
  return encoding.littleEndian === false ? numbers.swap16() : numbers;
}

function itemBytes(item: TestElements, encoding: TestEncoding): Buffer {
  const body = dataSetBytes(item, encoding);
  const open = encoding.undefinedLength === true;
  const start = tagAndLength(0xfffe, 0xe000, open ? 0xffffffff : body.length, encoding);
  return Buffer.concat(open ? [start, body, tagAndLength(0xfffe, 0xe00d, 0, encoding)] : [start, body]);
}

function tagAndLength(group: number, element: number, length: number, encoding: TestEncoding): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(group, 0);
  bytes.writeUInt16LE(element, 2);
  bytes.writeUInt32LE(length, 4);
  if (encoding.littleEndian !== false) return bytes;
  bytes.subarray(0, 4).swap16();
  bytes.subarray(4).swap32();
  return bytes;
}

/** A Part 10 file. `transferSyntaxUid` "" leaves it out of the meta information. */
export function fileOf(elements: TestElements, transferSyntaxUid = "1.2.840.10008.1.2.1"): Buffer {
  const meta = dataSetBytes({
    "00020002 UI": "1.2.840.10008.5.1.4.1.1.2",
    ...(transferSyntaxUid === "" ? {} : { "00020010 UI": transferSyntaxUid }),
  });
  const body = dataSetBytes(elements, {
    explicitVr: transferSyntaxUid !== "1.2.840.10008.1.2",
    littleEndian: transferSyntaxUid !== "1.2.840.10008.1.2.2",
  });
  const deflated = transferSyntaxUid === "1.2.840.10008.1.2.1.99";
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    meta,
    deflated ? deflateRawSync(body) : body,
  ]);
}

/** A 2 × 2 axial CT slice of 16 unsigned bits; what `changes` gives replaces, and undefined removes. */
export function ctElements(changes: Readonly<Record<string, TestValue | undefined>> = {}): TestElements {
  const elements: Record<string, TestValue | undefined> = {
    "00080016 UI": "1.2.840.10008.5.1.4.1.1.2",
    "00080018 UI": "1.2.3.4",
    "00080060 CS": "CT",
    "0020000D UI": "1.2.3",
    "0020000E UI": "1.2.3.1",
    "00200032 DS": "-100\\-100\\50",
    "00200037 DS": "1\\0\\0\\0\\1\\0",
    "00280002 US": [1],
    "00280004 CS": "MONOCHROME2",
    "00280010 US": [2],
    "00280011 US": [2],
    "00280030 DS": "0.5\\0.5",
    "00280100 US": [16],
    "00280101 US": [16],
    "00280102 US": [15],
    "00280103 US": [0],
    "00281052 DS": "-1024",
    "00281053 DS": "1",
    "7FE00010 OW": [0, 1024, 1064, 4095],
    ...changes,
  };
  const present = Object.entries(elements).filter(
    (entry): entry is [string, TestValue] => entry[1] !== undefined,
  );
  return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** PixelData encapsulated: the basic offset table, then a fragment each. To be appended to a data set. */
export function encapsulated(fragments: readonly Uint8Array[], basicOffsets: readonly number[] = []): Buffer {
  const header = Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  const item = (bytes: Uint8Array): Buffer =>
    Buffer.concat([tagAndLength(0xfffe, 0xe000, bytes.length, {}), bytes]);
  const table = Buffer.from(Uint32Array.from(basicOffsets).buffer);
  return Buffer.concat([header, item(table), ...fragments.map(item), tagAndLength(0xfffe, 0xe0dd, 0, {})]);
}

/** A file of one or more encapsulated frames. */
export function compressedFile(
  transferSyntaxUid: string,
  changes: Readonly<Record<string, TestValue | undefined>>,
  pixelData: Buffer,
): Buffer {
  return Buffer.concat([
    fileOf(ctElements({ "7FE00010 OW": undefined, ...changes }), transferSyntaxUid),
    pixelData,
  ]);
}
