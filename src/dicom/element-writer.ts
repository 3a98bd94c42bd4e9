/**
 * @file Writing elements in any of DICOM's encodings (PS3.5 section 7.1): explicit or implicit VR, either byte order.
 */
import type { Encoding } from "./dataset.ts";
import { LONG_VRS } from "./dataset.ts";

const ITEM = 0xfffee000;

/** An element's header and value. The value's length must be even. */
export function elementBytes(tag: number, vr: string, value: Uint8Array, encoding: Encoding): Buffer {
  return Buffer.concat([elementHeader(tag, vr, value.length, encoding), value]);
}

/** An element's header alone; `length` may be undefined (0xFFFFFFFF). */
export function elementHeader(tag: number, vr: string, length: number, encoding: Encoding): Buffer {
  const { explicitVr, littleEndian } = encoding;
  const isLong = LONG_VRS.has(vr);
  const header = Buffer.alloc(explicitVr && isLong ? 12 : 8);
  const u16 = (value: number, at: number): unknown =>
    littleEndian ? header.writeUInt16LE(value, at) : header.writeUInt16BE(value, at);
  const u32 = (value: number, at: number): unknown =>
    littleEndian ? header.writeUInt32LE(value, at) : header.writeUInt32BE(value, at);
  u16(tag >>> 16, 0);
  u16(tag & 0xffff, 2);
  if (!explicitVr) u32(length, 4);
  else {
    header.write(vr, 4, "latin1");
    if (isLong) u32(length, 8);
    else if (length <= 0xffff) u16(length, 6);
    else throw new RangeError(`a ${vr} holds at most 65535 bytes, not ${length}`);
  }
  return header;
}

/** One item of a sequence, of defined length. */
export function itemBytes(content: Uint8Array, encoding: Encoding): Buffer {
  return Buffer.concat([
    elementHeader(ITEM, "", content.length, { ...encoding, explicitVr: false }),
    content,
  ]);
}

/** Text as a value: padded to an even length, UIDs by zero (PS3.5 6.2). */
export function textValue(text: string, vr: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === "UI" ? "\0" : " ")]);
}
