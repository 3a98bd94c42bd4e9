/**
 * @file Uncompressed pixels (PS3.5 A.1 to A.3): words as they stand, in either byte order.
 */
import { UndecodableImage } from "../undecodable.ts";
import type { FrameFormat } from "./codec.ts";

/**
 * One frame's stored words, `[rows, columns]`.
 *
 * @param littleEndian false in Explicit VR Big Endian
 */
export function decodeNative(
  bytes: Uint8Array,
  { rows, columns, bitsAllocated }: FrameFormat,
  littleEndian: boolean,
): Uint16Array {
  const pixels = rows * columns;
  const expected = (pixels * bitsAllocated) / 8;
  if (bytes.length < expected) {
    throw new UndecodableImage(`a frame needs ${expected} bytes and has ${bytes.length}`);
  }
  if (bitsAllocated === 8) return Uint16Array.from(bytes.subarray(0, expected));
  const copy = bytes.slice(0, expected);
  if (!littleEndian) Buffer.from(copy.buffer).swap16();
  return new Uint16Array(copy.buffer, 0, pixels);
}
