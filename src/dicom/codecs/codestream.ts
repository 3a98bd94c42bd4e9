/**
 * @file What a codestream says of itself, read before any decoder sees it: a decoder allocates what the
 * codestream's own header claims, so a claim that differs from the data set's is refused first.
 */
import { UndecodableImage } from "../undecodable.ts";
import type { FrameFormat } from "./codec.ts";

export interface CodestreamSize {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly bitsPerSample: number;
}

/** A segment between the start of a codestream and its coded data. */
export interface Segment {
  readonly marker: number;
  /** Without marker and length. */
  readonly body: DataView;
  /** The position after it. */
  readonly end: number;
}

/** The segments from `position` up to and including the one with marker `last`. */
export function* segmentsUntil(codestream: Uint8Array, position: number, last: number): Generator<Segment> {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  for (;;) {
    while (view.byteLength - position >= 2 && view.getUint16(position) === 0xffff) position++; // fill bytes
    if (position + 4 > view.byteLength) throw new UndecodableImage("the codestream is cut off in its header");
    const marker = view.getUint16(position);
    const length = view.getUint16(position + 2);
    if (marker < 0xff01 || length < 2 || position + 2 + length > view.byteLength) {
      throw new UndecodableImage("the codestream's header is damaged");
    }
    const end = position + 2 + length;
    const body = new DataView(codestream.buffer, codestream.byteOffset + position + 4, length - 2);
    yield { marker, body, end };
    if (marker === last) return;
    position = end;
  }
}

const SOS = 0xffda;
const SIZ = 0xff51;

/** Size by a JPEG or JPEG-LS frame header with marker `startOfFrame` (T.81 B.2.2, T.87 C.2.2). */
export function jpegSize(codestream: Uint8Array, startOfFrame: number): CodestreamSize {
  if (codestream[0] !== 0xff || codestream[1] !== 0xd8) {
    throw new UndecodableImage("the frame is not a JPEG codestream");
  }
  for (const { marker, body } of segmentsUntil(codestream, 2, SOS)) {
    if (marker === startOfFrame && body.byteLength >= 6) {
      return {
        bitsPerSample: body.getUint8(0),
        rows: body.getUint16(1),
        columns: body.getUint16(3),
        components: body.getUint8(5),
      };
    }
    // C4, C8 and CC are tables, not frames.
    const otherFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (otherFrame) {
      const process = marker.toString(16).toUpperCase();
      throw new UndecodableImage(
        `the codestream is of another JPEG process (${process}) than its transfer syntax`,
      );
    }
  }
  throw new UndecodableImage("the codestream has no frame header");
}

/** Size by the SIZ segment of a JPEG 2000 or HTJ2K codestream (T.800 A.5.1). */
export function jpeg2000Size(codestream: Uint8Array): CodestreamSize {
  if (codestream[0] !== 0xff || codestream[1] !== 0x4f) {
    throw new UndecodableImage("the frame is not a JPEG 2000 codestream");
  }
  for (const { marker, body } of segmentsUntil(codestream, 2, SIZ)) {
    if (marker !== SIZ || body.byteLength < 39) break;
    const [width, height, left, top] = [2, 6, 10, 14].map((offset) => body.getUint32(offset));
    if (left !== 0 || top !== 0 || body.getUint8(37) !== 1 || body.getUint8(38) !== 1) {
      // OpenJPEG's binding reads past its memory for these (cornerstonejs/codecs#69).
      throw new UndecodableImage("a JPEG 2000 image with an offset or subsampling is not decoded");
    }
    return {
      columns: width ?? 0,
      rows: height ?? 0,
      components: body.getUint16(34),
      bitsPerSample: (body.getUint8(36) & 0x7f) + 1,
    };
  }
  throw new UndecodableImage("the codestream has no image size");
}

const SOT = 0xff90;
const EOC = 0xffd9;

/**
 * Walk the tile-parts of a JPEG 2000 or HTJ2K codestream (T.800 A.4.2) to its end marker.
 *
 * @throws UndecodableImage when a tile-part is longer than the data, or the end marker is missing
 */
export function requireTileParts(codestream: Uint8Array): void {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const cutOff = new UndecodableImage("the JPEG 2000 codestream is cut off");
  let position = 2;
  for (const { marker, body, end } of segmentsUntil(codestream, 2, SOT)) {
    if (marker !== SOT) position = end;
    else if (body.byteLength < 8) throw cutOff;
  }
  while (position + 2 <= view.byteLength) {
    const marker = view.getUint16(position);
    if (marker === EOC) return;
    if (marker !== SOT || position + 12 > view.byteLength) throw cutOff;
    const length = view.getUint32(position + 6);
    if (length === 0) {
      // The last tile-part may leave its length out: it runs to the end marker, behind which a byte may pad.
      const tail = codestream.subarray(-3);
      if ((tail[1] === 0xff && tail[2] === 0xd9) || (tail[0] === 0xff && tail[1] === 0xd9)) return;
      throw cutOff;
    }
    if (length < 14) throw cutOff;
    position += length;
  }
  throw cutOff;
}

/** @throws UndecodableImage unless the codestream is one component of the data set's size */
export function requireSize(size: CodestreamSize, format: FrameFormat): void {
  if (size.rows !== format.rows || size.columns !== format.columns) {
    throw new UndecodableImage(
      `the codestream is ${size.rows} × ${size.columns} pixels and the header says ${format.rows} × ${format.columns}`,
    );
  }
  if (size.components !== 1) {
    throw new UndecodableImage(`the codestream has ${size.components} components instead of one`);
  }
  if (size.bitsPerSample < 2 || size.bitsPerSample > 16) {
    throw new UndecodableImage(`the codestream has ${size.bitsPerSample} bits a sample instead of 2 to 16`);
  }
}
