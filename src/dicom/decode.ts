/**
 * @file An instance's pixels: DICOM bytes to slices in Hounsfield units.
 *
 * Every claim of the header is checked against the bytes there are before anything is allocated for it.
 */
import type { Slice } from "../domain/slice.ts";
import { hounsfieldTable, toHounsfield } from "../imaging/hounsfield.ts";
import type { StoredFormat } from "../imaging/hounsfield.ts";
import type { DecodeFrame, FrameFormat } from "./codecs/codec.ts";
import { decodeJpegBaseline } from "./codecs/jpeg-baseline.ts";
import { decodeHtj2k, decodeJpeg2000 } from "./codecs/jpeg-2000.ts";
import { decodeJpegLossless } from "./codecs/jpeg-lossless.ts";
import { decodeJpegLs } from "./codecs/jpeg-ls.ts";
import { decodeNative } from "./codecs/native.ts";
import { decodeRle } from "./codecs/rle.ts";
import { PIXEL_DATA, UNDEFINED_LENGTH } from "./dataset.ts";
import type { DataSet } from "./dataset.ts";
import { encapsulatedFrames } from "./frames.ts";
import { slicePositionMm, withThickness } from "./geometry.ts";
import { frameAttributes, framesPlaced, headerOf } from "./instance.ts";
import type { FrameAttributes, InstanceHeader } from "./instance.ts";
import { openInstance } from "./part10.ts";
import { pixelCodingOf } from "./transfer-syntax.ts";
import type { PixelCoding } from "./transfer-syntax.ts";
import { UndecodableImage } from "./undecodable.ts";

export { UndecodableImage };

/** CT matrices reach 1024, rarely 2048. */
const MAX_MATRIX = 4096;
const MAX_FRAMES = 4096;

const DECODERS: Readonly<Partial<Record<PixelCoding, DecodeFrame>>> = {
  rle: decodeRle,
  "jpeg-baseline": decodeJpegBaseline,
  "jpeg-lossless": decodeJpegLossless,
  "jpeg-ls": decodeJpegLs,
  "jpeg-2000": decodeJpeg2000,
  htj2k: decodeHtj2k,
};

/** One frame as it is stored, and how its words are to be understood. */
export interface StoredFrame extends Pick<
  Slice,
  "rows" | "columns" | "spacingMm" | "positionMm" | "thicknessMm"
> {
  readonly sopInstanceUid: string;
  /** From 1, and how many there are. */
  readonly frame: number;
  readonly frames: number;
  /** `[rows, columns]`. */
  readonly stored: Uint16Array;
  readonly format: StoredFormat;
}

/**
 * The slices of a DICOM file's bytes, one a frame, in frame order.
 *
 * @throws UnreadableInstance when the bytes are no usable instance
 * @throws UndecodableImage when its pixels cannot be had, with the reason in plain words
 */
export async function decodeSlices(bytes: Uint8Array): Promise<Slice[]> {
  const slices: Slice[] = [];
  for await (const own of decodeFrames(bytes)) {
    const { sopInstanceUid, frame, rows, columns, spacingMm, positionMm, thicknessMm } = own;
    const hu = toHounsfield(own.stored, hounsfieldTable(own.format));
    slices.push({ sopInstanceUid, frame, rows, columns, hu, spacingMm, positionMm, thicknessMm });
  }
  return withThickness(slices);
}

/** The frames of a DICOM file's bytes, decoded one by one as they are asked for. Throws like `decodeSlices`. */
export async function* decodeFrames(bytes: Uint8Array): AsyncGenerator<StoredFrame> {
  const instance = openInstance(bytes, "pixels");
  const { dataSet } = instance;
  const header = headerOf(instance);
  const format = frameFormat(header);
  const { numberOfFrames: frames, sopInstanceUid } = header;
  if (frames > 1 && framesPlaced(dataSet) < frames) {
    throw new UndecodableImage(
      `its ${frames} frames have no positions of their own (PerFrameFunctionalGroupsSequence)`,
    );
  }
  const attributes = frameAttributes(dataSet);
  const decodeFrame = frameDecoder(header, dataSet, format);
  for (let index = 0; index < frames; index++) {
    const own = attributes(index);
    const place = placeSlice(own);
    const stored = storedFormat(dataSet, header, format, own);
    const { rows, columns } = format;
    const words = await decodeFrame(index);
    yield {
      sopInstanceUid,
      frame: index + 1,
      frames,
      rows,
      columns,
      stored: words,
      format: stored,
      ...place,
    };
  }
}

function frameFormat(header: InstanceHeader): FrameFormat {
  const { rows, columns, bitsAllocated, bitsStored, samplesPerPixel, numberOfFrames } = header;
  const refuse = (reason: string): never => {
    throw new UndecodableImage(reason);
  };
  if (!header.hasPixelData) refuse("the instance has no pixel data");
  if (rows === 0 || columns === 0) refuse(`the image has no size: ${rows} rows, ${columns} columns`);
  if (rows > MAX_MATRIX || columns > MAX_MATRIX) {
    refuse(`the header claims ${rows} × ${columns} pixels; more than ${MAX_MATRIX} a side is no CT slice`);
  }
  if (samplesPerPixel !== 1 || !header.photometricInterpretation.startsWith("MONOCHROME")) {
    refuse(
      `a colour image (${samplesPerPixel} samples a pixel, ${header.photometricInterpretation}) has no Hounsfield units`,
    );
  }
  if (!Number.isInteger(numberOfFrames) || numberOfFrames < 1 || numberOfFrames > MAX_FRAMES) {
    refuse(`the header claims ${numberOfFrames} frames; expected 1 to ${MAX_FRAMES}`);
  }
  if (bitsAllocated !== 8 && bitsAllocated !== 16) {
    return refuse(`${bitsAllocated} bits allocated a pixel; expected 8 or 16`);
  }
  if (bitsStored < 1 || bitsStored > bitsAllocated) {
    refuse(`${bitsStored} bits stored of ${bitsAllocated} allocated is impossible`);
  }
  return { rows, columns, bitsAllocated, bitsStored };
}

/** A function that gives a frame's stored words by its index from 0. */
function frameDecoder(
  header: InstanceHeader,
  dataSet: DataSet,
  format: FrameFormat,
): (frame: number) => Uint16Array | Promise<Uint16Array> {
  const pixelCoding = pixelCodingOf(header.transferSyntaxUid);
  if ("refused" in pixelCoding) throw new UndecodableImage(pixelCoding.refused);
  const element = dataSet.element(PIXEL_DATA);
  if (element === undefined) throw new UndecodableImage("the instance has no pixel data");
  const { bytes } = dataSet;
  if (element.length !== UNDEFINED_LENGTH) {
    if (pixelCoding.coding !== "native") {
      throw new UndecodableImage(
        "the pixel data is not encapsulated, though its transfer syntax is compressed",
      );
    }
    const frameBytes = (format.rows * format.columns * format.bitsAllocated) / 8;
    const expected = frameBytes * header.numberOfFrames;
    const present = Math.min(element.length, bytes.byteLength - element.offset);
    if (present < expected) {
      throw new UndecodableImage(
        `the pixel data is cut off: ${header.numberOfFrames} × ${format.rows} × ${format.columns} pixels need ${expected} bytes and ${present} are there`,
      );
    }
    const { littleEndian } = dataSet.encoding;
    return (frame) => {
      const start = element.offset + frame * frameBytes;
      return decodeNative(bytes.subarray(start, start + frameBytes), format, littleEndian);
    };
  }
  const decode = DECODERS[pixelCoding.coding];
  if (decode === undefined) {
    throw new UndecodableImage("the pixel data is encapsulated, though its transfer syntax is uncompressed");
  }
  const frames = encapsulatedFrames({
    bytes,
    offset: element.offset,
    frameCount: header.numberOfFrames,
    extendedOffsets: dataSet.uint64s(0x7fe00001),
    extendedLengths: dataSet.uint64s(0x7fe00002),
  });
  return (frame) => decode(frames[frame] ?? new Uint8Array(), format);
}

function placeSlice(own: FrameAttributes): Pick<Slice, "spacingMm" | "positionMm" | "thicknessMm"> {
  const positionMm = slicePositionMm(own);
  if (positionMm === null) {
    throw new UndecodableImage("the image has no position: neither ImagePositionPatient nor SliceLocation");
  }
  const spacingMm = own.pixelSpacingMm;
  if (spacingMm === null || !(spacingMm[0] > 0) || !(spacingMm[1] > 0)) {
    throw new UndecodableImage("the image has no PixelSpacing, so its size is unknown");
  }
  const thickness = own.sliceThicknessMm;
  return { positionMm, spacingMm, thicknessMm: thickness !== null && thickness > 0 ? thickness : null };
}

function storedFormat(
  dataSet: DataSet,
  header: InstanceHeader,
  format: FrameFormat,
  own: FrameAttributes,
): StoredFormat {
  const { rescaleSlope: slope, rescaleIntercept: intercept } = own;
  if (slope === null || intercept === null || slope === 0) {
    throw new UndecodableImage(
      "the image has no RescaleSlope and RescaleIntercept, so its values are not Hounsfield units",
    );
  }
  const isSigned = header.pixelRepresentation === 1;
  const signed = (word: number): number => (isSigned && word > 0x7fff ? word - 0x10000 : word);
  const padding = dataSet.uint16(0x00280120);
  const limit = dataSet.uint16(0x00280121);
  return {
    bitsAllocated: format.bitsAllocated,
    bitsStored: format.bitsStored,
    highBit: dataSet.uint16(0x00280102) ?? format.bitsStored - 1,
    isSigned,
    slope,
    intercept,
    padding: padding === null ? null : [signed(padding), signed(limit ?? padding)],
  };
}
