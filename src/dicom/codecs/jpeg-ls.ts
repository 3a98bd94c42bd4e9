/**
 * @file JPEG-LS, lossless and near-lossless (T.87; DICOM .80 and .81), by CharLS.
 */
import type { FrameFormat } from "./codec.ts";
import { jpegSize, requireSize } from "./codestream.ts";
import { wasmCodec } from "./wasm.ts";

const SOF55 = 0xfff7;

const charls = wasmCodec("@cornerstonejs/codec-charls/decodewasmjs", "JpegLSDecoder", "JPEG-LS");

/** One frame's stored words, `[rows, columns]`. */
export async function decodeJpegLs(encoded: Uint8Array, format: FrameFormat): Promise<Uint16Array> {
  const size = jpegSize(encoded, SOF55);
  requireSize(size, format);
  return charls(withEnd(encoded), size, format);
}

/** With an end marker for certain: without one, CharLS searches a cut-off stream for several seconds. */
function withEnd(encoded: Uint8Array): Uint8Array {
  const ended = new Uint8Array(encoded.length + 2);
  ended.set(encoded);
  ended.set([0xff, 0xd9], encoded.length);
  return ended;
}
