/**
 * @file Transfer syntaxes (PS3.6 table A-1): what each UID means for reading pixels.
 */
export const IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2";
export const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
export const DEFLATED_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1.99";
export const EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2";

/** How the pixels of a transfer syntax are coded; `native` is not at all. */
export type PixelCoding =
  "native" | "rle" | "jpeg-baseline" | "jpeg-lossless" | "jpeg-ls" | "jpeg-2000" | "htj2k";

/** The transfer syntaxes whose pixels can be decoded. */
const CODINGS: Readonly<Record<string, PixelCoding>> = {
  [IMPLICIT_LITTLE_ENDIAN]: "native",
  [EXPLICIT_LITTLE_ENDIAN]: "native",
  [DEFLATED_EXPLICIT_LITTLE_ENDIAN]: "native",
  [EXPLICIT_BIG_ENDIAN]: "native",
  "1.2.840.10008.1.2.5": "rle",
  "1.2.840.10008.1.2.4.50": "jpeg-baseline",
  "1.2.840.10008.1.2.4.57": "jpeg-lossless",
  "1.2.840.10008.1.2.4.70": "jpeg-lossless",
  "1.2.840.10008.1.2.4.80": "jpeg-ls",
  "1.2.840.10008.1.2.4.81": "jpeg-ls",
  "1.2.840.10008.1.2.4.90": "jpeg-2000",
  "1.2.840.10008.1.2.4.91": "jpeg-2000",
  "1.2.840.10008.1.2.4.201": "htj2k",
  "1.2.840.10008.1.2.4.202": "htj2k",
  "1.2.840.10008.1.2.4.203": "htj2k",
};

/** Known, and refused with this reason. */
const REFUSED: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.4.51":
    "JPEG Extended (12-bit lossy, .51) is not decoded: no decoder at hand gives its Hounsfield units exactly enough",
  "1.2.840.10008.1.2.4.53": "JPEG Spectral Selection (.53, retired in 2001) is not decoded",
  "1.2.840.10008.1.2.4.55": "JPEG Full Progression (.55, retired in 2001) is not decoded",
};

/** The coding of a transfer syntax, or the reason why its pixels cannot be decoded. */
export function pixelCodingOf(
  transferSyntaxUid: string,
): { readonly coding: PixelCoding } | { readonly refused: string } {
  const coding = CODINGS[transferSyntaxUid];
  if (coding !== undefined) return { coding };
  return {
    refused: REFUSED[transferSyntaxUid] ?? `pixels in transfer syntax ${transferSyntaxUid} are not decoded`,
  };
}
