/** @file The one error of everything between stored bytes and pixels. */

/** Why an image's pixels cannot be used, in plain words. */
export class UndecodableImage extends Error {
  override readonly name = "UndecodableImage";
}
