/**
 * @file A case's picture for a report: a picture file as it is, a DICOM slice in the brain window.
 */
import { readFile } from "node:fs/promises";

import sharp from "sharp";

import { decodeSlices } from "../../dicom/decode.ts";
import { HEAD_CT_WINDOWS } from "../../domain/slice.ts";
import { windowTable } from "../../imaging/window.ts";
import { pictureDataUri } from "../../model/report/picture.ts";
import { isPicture } from "./files-below.ts";

/** Grey, as a reader sees it. `data:image/…`, or null for what cannot be shown. */
export async function casePicture(file: string): Promise<string | null> {
  if (isPicture(file)) return pictureDataUri(file);
  try {
    const [slice] = await decodeSlices(await readFile(file));
    if (!slice) return null;
    const table = windowTable(HEAD_CT_WINDOWS[0]);
    const grey = Uint8Array.from(slice.hu, (hu) => table[hu + 32768] ?? 0);
    const raw = { width: slice.columns, height: slice.rows, channels: 1 } as const;
    return await pictureDataUri(await sharp(grey, { raw }).png().toBuffer());
  } catch {
    return null;
  }
}
