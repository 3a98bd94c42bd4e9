/**
 * @file A picture file, small and inside a page.
 */
import sharp from "sharp";

/** Side of a picture of a report, in pixels. */
const SIDE = 224;
const QUALITY = 82;

/** A JPG or PNG, as a file or its bytes, as `data:image/jpeg;base64,…`; null when it cannot be read. */
export async function pictureDataUri(picture: string | Uint8Array): Promise<string | null> {
  try {
    const image = sharp(picture).resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true });
    const jpeg = await image.jpeg({ quality: QUALITY }).toBuffer();
    return `data:image/jpeg;base64,${jpeg.toString("base64")}`;
  } catch {
    return null;
  }
}
