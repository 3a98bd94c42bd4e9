/**
 * @file JPEG 2000 (T.800; DICOM .90 and .91) by OpenJPEG, and HTJ2K (T.814; DICOM .201 to .203) by OpenJPH.
 */
import type { FrameFormat } from "./codec.ts";
import { jpeg2000Size, requireSize, requireTileParts } from "./codestream.ts";
import { wasmCodec } from "./wasm.ts";
import type { WasmCodec } from "./wasm.ts";

const openjpeg = wasmCodec("@cornerstonejs/codec-openjpeg/decodewasmjs", "J2KDecoder", "JPEG 2000");
const openjph = wasmCodec("@cornerstonejs/codec-openjph/wasmjs", "HTJ2KDecoder", "HTJ2K");

/** One frame's stored words, `[rows, columns]`. */
export function decodeJpeg2000(encoded: Uint8Array, format: FrameFormat): Promise<Uint16Array> {
  return decodeWith(openjpeg, encoded, format);
}

/** One frame's stored words, `[rows, columns]`. */
export function decodeHtj2k(encoded: Uint8Array, format: FrameFormat): Promise<Uint16Array> {
  return decodeWith(openjph, encoded, format);
}

async function decodeWith(codec: WasmCodec, encoded: Uint8Array, format: FrameFormat): Promise<Uint16Array> {
  const size = jpeg2000Size(encoded);
  requireSize(size, format);
  // OpenJPH fills what is cut off with noise and says nothing.
  requireTileParts(encoded);
  return codec(encoded, size, format);
}
