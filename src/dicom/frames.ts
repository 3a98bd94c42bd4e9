/**
 * @file Encapsulated pixel data to the encoded bytes of each frame (PS3.5 A.4).
 *
 * Where frames begin is told by the extended offset table, else the basic one, else by there being one frame, or
 * one fragment a frame, or (for the JPEG family) by where a fragment starts with the codec's first marker.
 */
import { UndecodableImage } from "./undecodable.ts";

const ITEM = 0xfffee000;
const SEQUENCE_END = 0xfffee0dd;

export interface Encapsulation {
  /** The file's bytes, and where the value of PixelData starts in them. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly frameCount: number;
  /** ExtendedOffsetTable (7FE0,0001) and its lengths (7FE0,0002); [] when absent. */
  readonly extendedOffsets: readonly number[];
  readonly extendedLengths: readonly number[];
}

interface Fragment {
  /** Of its item tag, from the first byte after the offset table's item. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * The encoded bytes of every frame, in order; views where a frame is one fragment.
 *
 * @throws UndecodableImage when the data is cut off, or does not hold that many frames
 */
export function encapsulatedFrames(encapsulation: Encapsulation): readonly Uint8Array[] {
  const { frameCount, extendedOffsets, extendedLengths } = encapsulation;
  const { basicOffsets, fragments } = readFragments(encapsulation);
  if (fragments.length === 0) throw new UndecodableImage("PixelData holds no frame");
  const starts = frameStarts(frameCount, fragments, extendedOffsets, basicOffsets);
  return starts.map((start, frame) => {
    const parts = fragments.slice(start, starts[frame + 1] ?? fragments.length).map((part) => part.bytes);
    const [only] = parts;
    const whole = parts.length === 1 && only !== undefined ? only : concatenate(parts);
    // The extended table's lengths leave the padding byte out.
    return extendedOffsets.length === frameCount ? whole.subarray(0, extendedLengths[frame]) : whole;
  });
}

function readFragments({ bytes, offset }: Encapsulation): {
  basicOffsets: readonly number[];
  fragments: readonly Fragment[];
  end: number;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fragments: Fragment[] = [];
  let basicOffsets: readonly number[] | null = null;
  let position = offset;
  let base = offset;
  for (;;) {
    if (position + 8 > bytes.byteLength) {
      throw new UndecodableImage("PixelData is cut off: its sequence of fragments has no end");
    }
    const tag = view.getUint16(position, true) * 0x10000 + view.getUint16(position + 2, true);
    const length = view.getUint32(position + 4, true);
    if (tag === SEQUENCE_END) break;
    if (tag !== ITEM)
      throw new UndecodableImage("PixelData is damaged: a fragment is not where it should be");
    if (length > bytes.byteLength - position - 8) {
      throw new UndecodableImage(
        `PixelData is cut off: a fragment claims ${length} bytes and ${bytes.byteLength - position - 8} are left`,
      );
    }
    const start = position + 8;
    if (basicOffsets === null) {
      basicOffsets = Array.from({ length: length >> 2 }, (_, i) => view.getUint32(start + 4 * i, true));
      base = start + length;
    } else {
      fragments.push({ offset: position - base, bytes: bytes.subarray(start, start + length) });
    }
    position = start + length;
  }
  return { basicOffsets: basicOffsets ?? [], fragments, end: position + 8 };
}

/**
 * The first byte after encapsulated PixelData, whose value starts at `offset`: after its sequence delimiter.
 *
 * @throws UndecodableImage when the data is cut off
 */
export function encapsulatedEnd(bytes: Uint8Array, offset: number): number {
  const { end } = readFragments({
    ...{ bytes, offset, frameCount: 1 },
    ...{ extendedOffsets: [], extendedLengths: [] },
  });
  return end;
}

/** The index of each frame's first fragment. */
function frameStarts(
  frameCount: number,
  fragments: readonly Fragment[],
  extendedOffsets: readonly number[],
  basicOffsets: readonly number[],
): readonly number[] {
  if (frameCount === 1) return [0];
  for (const offsets of [extendedOffsets, basicOffsets]) {
    if (offsets.length !== frameCount) continue;
    const starts = offsets.map((offset) => fragments.findIndex((fragment) => fragment.offset === offset));
    if (starts.every((start, i) => start > (starts[i - 1] ?? -1))) return starts;
  }
  if (fragments.length === frameCount) return fragments.map((_, i) => i);
  const marked = fragments.flatMap((fragment, i) => (startsCodestream(fragment.bytes) ? [i] : []));
  if (marked.length === frameCount && marked[0] === 0) return marked;
  throw new UndecodableImage(
    `PixelData has ${fragments.length} fragments and no usable offset table for ${frameCount} frames`,
  );
}

/** JPEG and JPEG-LS start with SOI (FFD8), JPEG 2000 and HTJ2K with SOC (FF4F) followed by SIZ (FF51). */
function startsCodestream(bytes: Uint8Array): boolean {
  const [first, second, third, fourth] = bytes;
  if (first !== 0xff) return false;
  return (second === 0xd8 && third === 0xff) || (second === 0x4f && third === 0xff && fourth === 0x51);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
