/**
 * @file JPG and PNG files → pictures `[size, size, 3]`.
 */
import sharp from "sharp";
import type { Sharp } from "sharp";

/** A picture file that cannot be read; the message says which and why. */
export class UnreadablePicture extends Error {
  override readonly name = "UnreadablePicture";
}

/** Largest picture that is decoded, in pixels: more than any slice, less than would fill the memory. */
const LARGEST_PICTURE = 8192 * 8192;

/** A JPG or PNG, opened. @throws Error when it is something else */
async function open(picture: Uint8Array): Promise<{ image: Sharp; width: number; height: number }> {
  const image = sharp(picture, { limitInputPixels: LARGEST_PICTURE, failOn: "error" });
  const { width, height, format } = await image.metadata();
  if (format !== "jpeg" && format !== "png") throw new Error(`it is ${format}`);
  return { image, width, height };
}

async function naming<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnreadablePicture(`${name}: not a readable JPG or PNG picture (${why})`, { cause });
  }
}

/**
 * A picture as `[size, size, 3]`; another size is resampled, grey becomes three equal channels.
 * @param picture bytes of a file
 * @param name for the error message
 * @throws UnreadablePicture when it is no JPG or PNG, or damaged
 */
export function readPicture(picture: Uint8Array, size: number, name: string): Promise<Uint8Array> {
  return naming(name, async () => {
    const { image, width, height } = await open(picture);
    const fits = width === size && height === size;
    const sized = fits ? image : image.resize(size, size, { fit: "fill", kernel: "linear" });
    return sized.removeAlpha().toColourspace("srgb").raw().toBuffer();
  });
}

/**
 * A picture in grey, at its own size; colour is averaged as brightness.
 * @throws UnreadablePicture when it is no JPG or PNG, or damaged
 */
export function readGrey(
  picture: Uint8Array,
  name: string,
): Promise<{ rows: number; columns: number; grey: Uint8Array }> {
  return naming(name, async () => {
    const { image, width, height } = await open(picture);
    const grey = await image.removeAlpha().toColourspace("b-w").raw().toBuffer();
    return { rows: height, columns: width, grey };
  });
}
