/**
 * @file UIDs the network side knows: application context, verification, what counts as storage, and the
 * transfer syntaxes whose data sets we can keep as they come (PS3.6 Annex A).
 */
import type { Encoding } from "../dataset.ts";

export const APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1";
export const VERIFICATION = "1.2.840.10008.1.1";
/** The query SOP classes that are answered (PS3.4 C.6), and where each begins. */
export const FIND_ROOTS: Readonly<Record<string, "PATIENT" | "STUDY">> = {
  "1.2.840.10008.5.1.4.1.2.1.1": "PATIENT",
  "1.2.840.10008.5.1.4.1.2.2.1": "STUDY",
};
export const IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2";
export const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
export const DEFLATED_LITTLE_ENDIAN = "1.2.840.10008.1.2.1.99";

const EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2";

/** The transfer syntaxes in which queries are asked and answered, most welcome first. */
const QUERY_TRANSFER_SYNTAXES: readonly string[] = [
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  EXPLICIT_BIG_ENDIAN,
];

/** How elements are written in one of them. */
export const encodingOf = (transferSyntax: string): Encoding => ({
  explicitVr: transferSyntax !== IMPLICIT_LITTLE_ENDIAN,
  littleEndian: transferSyntax !== EXPLICIT_BIG_ENDIAN,
});

/** Who we are in associations and in file meta information: a 128-bit number under 2.25 (PS3.5 B.2). */
export const IMPLEMENTATION_CLASS_UID = "2.25.178381084468274275637742936041837780549";
export const IMPLEMENTATION_VERSION_NAME = "FIRSTREAD_0_1";

/**
 * What we accept, most welcome first: where a sender leaves the choice to us, we take the first of these.
 * Uncompressed and lossless before lossy. Not here, since the bytes would not be the whole object: JPIP
 * (pixels behind a URL), SMPTE ST 2110 (pixels in another stream), and the retired XML and MIME forms.
 */
export const TRANSFER_SYNTAXES: readonly string[] = [
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  "1.2.840.10008.1.2.4.70", // JPEG Lossless, first-order prediction
  "1.2.840.10008.1.2.4.57", // JPEG Lossless
  "1.2.840.10008.1.2.4.80", // JPEG-LS Lossless
  "1.2.840.10008.1.2.4.90", // JPEG 2000 Lossless
  "1.2.840.10008.1.2.4.201", // HTJ2K Lossless
  "1.2.840.10008.1.2.4.202", // HTJ2K Lossless RPCL
  "1.2.840.10008.1.2.5", // RLE Lossless
  DEFLATED_LITTLE_ENDIAN,
  EXPLICIT_BIG_ENDIAN,
  "1.2.840.10008.1.2.4.81", // JPEG-LS Near-lossless
  "1.2.840.10008.1.2.4.91", // JPEG 2000
  "1.2.840.10008.1.2.4.203", // HTJ2K
  "1.2.840.10008.1.2.4.51", // JPEG Extended
  "1.2.840.10008.1.2.4.50", // JPEG Baseline
  // Retired JPEG processes: hardly anyone decodes them, but kept they can be named with their reason.
  ...["52", "53", "54", "55", "56", "58", "59", "60", "61", "62", "63", "64", "65", "66"].map(
    (last) => `1.2.840.10008.1.2.4.${last}`,
  ),
  "1.2.840.10008.1.2.4.92", // JPEG 2000 Part 2 Lossless
  "1.2.840.10008.1.2.4.93", // JPEG 2000 Part 2
  "1.2.840.10008.1.2.4.110", // JPEG XL Lossless
  "1.2.840.10008.1.2.4.111", // JPEG XL JPEG Recompression
  "1.2.840.10008.1.2.4.112", // JPEG XL
  "1.2.840.10008.1.2.8.1", // Deflated Image Frame Compression
  "1.2.840.10008.1.2.1.98", // Encapsulated Uncompressed Explicit VR Little Endian
  ...["100", "100.1", "101", "101.1", "102", "102.1", "103", "103.1", "104", "104.1", "105", "105.1"].map(
    (last) => `1.2.840.10008.1.2.4.${last}`, // MPEG-2, MPEG-4
  ),
  ...["106", "106.1", "107", "108"].map((last) => `1.2.840.10008.1.2.4.${last}`), // MPEG-4, HEVC
];

/** The transfer syntax we would take of those proposed for one presentation context, or null for none. */
export function chooseTransferSyntax(abstractSyntax: string, proposed: readonly string[]): string | null {
  const ours = abstractSyntax in FIND_ROOTS ? QUERY_TRANSFER_SYNTAXES : TRANSFER_SYNTAXES;
  return ours.find((uid) => proposed.includes(uid)) ?? null;
}

/** Whether the text is an AE title (PS3.5 6.2): 1 to 16 printable characters, no backslash, not only spaces. */
export const isAeTitle = (text: string): boolean => /^(?! +$)[ -[\]-~]{1,16}$/.test(text);

const UID = /^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*$/;

/** Whether the text is a UID of PS3.5 9.1: components of digits, no leading zeros, at most 64 characters. */
export function isUid(text: string): boolean {
  return text.length <= 64 && UID.test(text);
}

/** Storage SOP classes outside the storage branch: hanging protocols, palettes, implants, RT delivery. */
const STORAGE_ELSEWHERE = new Set([
  "1.2.840.10008.5.1.4.34.7",
  "1.2.840.10008.5.1.4.34.10",
  "1.2.840.10008.5.1.4.38.1",
  "1.2.840.10008.5.1.4.39.1",
  "1.2.840.10008.5.1.4.43.1",
  "1.2.840.10008.5.1.4.44.1",
  "1.2.840.10008.5.1.4.45.1",
]);

/**
 * Whether a SOP class is stored by C-STORE. DICOM's own storage classes share a branch; private classes
 * (outside DICOM's root) can be nothing else to a storage service, and are kept like any other.
 */
export function isStorageClass(uid: string): boolean {
  if (!isUid(uid)) return false;
  if (!uid.startsWith("1.2.840.10008.")) return true;
  return uid.startsWith("1.2.840.10008.5.1.4.1.1.") || STORAGE_ELSEWHERE.has(uid);
}
