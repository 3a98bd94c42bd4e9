/**
 * @file RLE Lossless (PS3.5 annex G): a PackBits segment for every byte of a pixel, the most significant first.
 */
import { UndecodableImage } from "../undecodable.ts";
import type { FrameFormat } from "./codec.ts";

const HEADER_BYTES = 64;

/** One frame's stored words, `[rows, columns]`. */
export function decodeRle(encoded: Uint8Array, { rows, columns, bitsAllocated }: FrameFormat): Uint16Array {
  if (encoded.length < HEADER_BYTES) throw new UndecodableImage("the RLE frame is shorter than its header");
  const header = new DataView(encoded.buffer, encoded.byteOffset, HEADER_BYTES);
  const segments = header.getUint32(0, true);
  if (segments !== bitsAllocated / 8) {
    throw new UndecodableImage(`the RLE frame has ${segments} segments, expected ${bitsAllocated / 8}`);
  }
  const words = new Uint16Array(rows * columns);
  for (let segment = 0; segment < segments; segment++) {
    const start = header.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < segments ? header.getUint32(8 + 4 * segment, true) : encoded.length;
    if (start < HEADER_BYTES || end < start || end > encoded.length) {
      throw new UndecodableImage("the RLE frame's offsets are damaged");
    }
    unpackInto(words, encoded.subarray(start, end), 8 * (segments - 1 - segment));
  }
  return words;
}

/** Unpack one segment into the byte of every word that starts at bit `shift`. */
function unpackInto(words: Uint16Array, packed: Uint8Array, shift: number): void {
  let position = 0;
  let pixel = 0;
  while (pixel < words.length) {
    const control = packed[position++];
    if (control === undefined) throw cutOff(pixel, words.length);
    if (control === 128) continue; // no operation
    const literal = control < 128;
    const count = Math.min(literal ? control + 1 : 257 - control, words.length - pixel);
    if (position + (literal ? count : 1) > packed.length) throw cutOff(pixel, words.length);
    for (let i = 0; i < count; i++) {
      const byte = packed[literal ? position + i : position] ?? 0;
      words[pixel + i] = (words[pixel + i] ?? 0) | (byte << shift);
    }
    position += literal ? count : 1;
    pixel += count;
  }
}

const cutOff = (pixel: number, pixels: number): UndecodableImage =>
  new UndecodableImage(`the RLE frame is cut off after ${pixel} of ${pixels} pixels`);
