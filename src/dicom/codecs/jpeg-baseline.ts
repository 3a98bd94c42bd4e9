/**
 * @file JPEG baseline, 8-bit lossy (T.81; DICOM .50), by libjpeg-turbo in sharp.
 */
import sharp from "sharp";

import { UndecodableImage } from "../undecodable.ts";
import type { FrameFormat } from "./codec.ts";
import { jpegSize, requireSize } from "./codestream.ts";

const SOF0 = 0xffc0;

/** One frame's stored words, `[rows, columns]`. */
export async function decodeJpegBaseline(encoded: Uint8Array, format: FrameFormat): Promise<Uint16Array> {
  requireSize(jpegSize(encoded, SOF0), format);
  try {
    const { data, info } = await sharp(encoded, { failOn: "warning" })
      .toColourspace("b-w")
      .raw()
      .toBuffer({ resolveWithObject: true });
    const expected = `${format.rows} × ${format.columns} × 1`;
    const came = `${info.height} × ${info.width} × ${info.channels}`;
    if (came !== expected) throw new Error(`expected ${expected}; the decoder gave ${came}`);
    return Uint16Array.from(data);
  } catch (cause) {
    throw new UndecodableImage("the JPEG codestream is damaged or cut off", { cause });
  }
}
