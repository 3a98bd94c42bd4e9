/**
 * @file Writing DICOM files (PS3.10 section 7), explicit VR little endian: just what phantoms need.
 *
 * Own and small, so that the same phantom is the same bytes whatever a library's version writes about itself.
 */
import { createHash } from "node:crypto";

/** One element: text (already with backslashes), numbers for US, or bytes for OB/OW; items for SQ. */
export type ElementValue = string | readonly number[] | Uint8Array | readonly Elements[];
/** "00100010 PN" → value. Written in ascending order whatever the order here. */
export type Elements = Readonly<Record<string, ElementValue>>;

const LONG_VRS: ReadonlySet<string> = new Set(["OB", "OW", "SQ", "UT"]);
const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
/** 2.25 and a UUID-sized number, derived once for this implementation. */
const IMPLEMENTATION_CLASS_UID = uidFrom("firstread phantom implementation");

/** A UID under 2.25 (PS3.5 annex B.2) that is the same for the same text. */
export function uidFrom(text: string): string {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 32);
  return `2.25.${BigInt(`0x${digest}`)}`;
}

/**
 * A complete Part 10 file.
 * @throws {RangeError} when a value doesn't fit its VR's length field
 */
export function writePart10(elements: Elements): Uint8Array {
  const text = (key: string): string => {
    const value = elements[key];
    if (typeof value !== "string") throw new RangeError(`an instance needs ${key}`);
    return value;
  };
  const meta = dataSet({
    "00020001 OB": Uint8Array.of(0, 1),
    "00020002 UI": text("00080016 UI"),
    "00020003 UI": text("00080018 UI"),
    "00020010 UI": EXPLICIT_LITTLE_ENDIAN,
    "00020012 UI": IMPLEMENTATION_CLASS_UID,
    "00020013 SH": "FIRSTREAD",
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  const groupLength = element("00020000 UL", length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), groupLength, meta, dataSet(elements)]);
}

function dataSet(elements: Elements): Buffer {
  const sorted = Object.entries(elements).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat(sorted.map(([key, value]) => element(key, value)));
}

function element(key: string, value: ElementValue): Buffer {
  const vr = key.slice(9);
  const body = bytesOf(value, vr);
  const long = LONG_VRS.has(vr);
  if (!long && body.length > 0xffff)
    throw new RangeError(`${key} holds ${body.length} bytes; at most 65535 fit`);
  const header = Buffer.alloc(long ? 12 : 8);
  header.writeUInt16LE(parseInt(key.slice(0, 4), 16), 0);
  header.writeUInt16LE(parseInt(key.slice(4, 8), 16), 2);
  header.write(vr, 4, "latin1");
  if (long) header.writeUInt32LE(body.length, 8);
  else header.writeUInt16LE(body.length, 6);
  return Buffer.concat([header, body]);
}

function bytesOf(value: ElementValue, vr: string): Buffer {
  if (typeof value === "string") {
    const body = Buffer.from(value, "utf8");
    return body.length % 2 === 0 ? body : Buffer.concat([body, Buffer.from(vr === "UI" ? "\0" : " ")]);
  }
  if (value instanceof Uint8Array)
    return value.length % 2 === 0 ? Buffer.from(value) : Buffer.concat([value, Buffer.alloc(1)]);
  if (vr === "SQ") return Buffer.concat((value as readonly Elements[]).map(item));
  const body = Buffer.alloc(2 * value.length);
  value.forEach((number, i) => body.writeUInt16LE(number as number, 2 * i));
  return body;
}

function item(elements: Elements): Buffer {
  const body = dataSet(elements);
  const header = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** A decimal string (DS) of at most 16 characters. */
export function decimal(value: number): string {
  const text = String(Number(value.toFixed(6)));
  return text.length <= 16 ? text : value.toPrecision(9);
}

export function decimals(values: readonly number[]): string {
  return values.map(decimal).join("\\");
}
