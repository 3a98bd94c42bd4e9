/**
 * @file Opening a DICOM file (PS3.10 section 7): preamble, file meta information, and the data set behind it.
 *
 * Tolerant: a file without preamble, or a bare little-endian data set, is opened when its first element is
 * plausible; implicit and explicit VR are told apart by looking, since some writers name the wrong one.
 */
import { inflateRawSync, constants } from "node:zlib";

import { DataSet, isVr, UnreadableInstance } from "./dataset.ts";
import type { Encoding } from "./dataset.ts";
import {
  DEFLATED_EXPLICIT_LITTLE_ENDIAN,
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from "./transfer-syntax.ts";

/** A file whose elements up to PixelData have been located. */
export interface OpenedInstance {
  readonly transferSyntaxUid: string;
  /** MediaStorageSOPClassUID (0002,0002), for a data set that does not say; "" without meta information. */
  readonly mediaStorageSopClassUid: string;
  readonly dataSet: DataSet;
}

/** `header`: values before the pixels; a deflated file is then inflated only as far as needed. */
export type Purpose = "header" | "pixels";

const MEDIA_STORAGE_SOP_CLASS_UID = 0x00020002;
const TRANSFER_SYNTAX_UID = 0x00020010;
/** The largest data set a deflated file may grow to: about two thousand slices of 512 × 512. */
const MAX_INFLATED_BYTES = 1 << 30;
/** Compressed bytes that hold any ordinary header; deflate grows at most 1,032-fold, so under 70 MB. */
const HEADER_DEFLATED_BYTES = 64 * 1024;

/**
 * Open a file.
 *
 * @throws UnreadableInstance with the reason: empty, not DICOM, no transfer syntax, cut off, damaged
 */
export function openInstance(file: Uint8Array, purpose: Purpose): OpenedInstance {
  const bytes = plain(file);
  if (bytes.byteLength === 0) throw new UnreadableInstance("the file is empty");
  try {
    const metaStart = metaOffset(bytes);
    if (metaStart === null) return openBareDataSet(bytes);
    const meta = DataSet.read(
      bytes,
      metaStart,
      { explicitVr: true, littleEndian: true },
      (tag) => tag >>> 16 !== 2,
    );
    const transferSyntaxUid = meta.string(TRANSFER_SYNTAX_UID);
    if (transferSyntaxUid === "") {
      throw new UnreadableInstance(
        "the file names no transfer syntax (0002,0010), so its data set cannot be decoded",
      );
    }
    const dataSet =
      transferSyntaxUid === DEFLATED_EXPLICIT_LITTLE_ENDIAN
        ? openDeflated(bytes.subarray(meta.end), purpose)
        : DataSet.read(bytes, meta.end, encodingOf(bytes, meta.end, transferSyntaxUid));
    return { transferSyntaxUid, mediaStorageSopClassUid: meta.string(MEDIA_STORAGE_SOP_CLASS_UID), dataSet };
  } catch (error) {
    if (error instanceof RangeError) {
      throw new UnreadableInstance("the data set is damaged: a length points outside the file", {
        cause: error,
      });
    }
    throw error;
  }
}

/** The same memory without Buffer's methods, whose `slice` does not copy. */
const plain = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const ascii = (bytes: Uint8Array, start: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(start, start + length));

/** Where the file meta information starts, or null when there is none. */
function metaOffset(bytes: Uint8Array): number | null {
  if (ascii(bytes, 128, 4) === "DICM") return 132;
  if (ascii(bytes, 0, 2) === "\x02\0" && isVr(ascii(bytes, 4, 2))) return 0;
  return null;
}

function openBareDataSet(bytes: Uint8Array): OpenedInstance {
  const notDicom = new UnreadableInstance(
    "not a DICOM file: no DICM prefix at byte 128 and no data set at byte 0",
  );
  // A bare data set starts in group 0008, with an element below 0100.
  if (bytes.byteLength < 16 || ascii(bytes, 0, 2) !== "\x08\0" || bytes[3] !== 0) throw notDicom;
  const explicitVr = isVr(ascii(bytes, 4, 2));
  const transferSyntaxUid = explicitVr ? EXPLICIT_LITTLE_ENDIAN : IMPLICIT_LITTLE_ENDIAN;
  try {
    const dataSet = DataSet.read(bytes, 0, { explicitVr, littleEndian: true });
    return { transferSyntaxUid, mediaStorageSopClassUid: "", dataSet };
  } catch (error) {
    if (error instanceof UnreadableInstance || error instanceof RangeError) throw notDicom;
    throw error;
  }
}

function encodingOf(bytes: Uint8Array, start: number, transferSyntaxUid: string): Encoding {
  if (transferSyntaxUid === EXPLICIT_BIG_ENDIAN) return { explicitVr: true, littleEndian: false };
  const looksExplicit = isVr(ascii(bytes, start + 4, 2));
  return { explicitVr: looksExplicit, littleEndian: true };
}

function openDeflated(deflated: Uint8Array, purpose: Purpose): DataSet {
  const encoding: Encoding = { explicitVr: true, littleEndian: true };
  if (purpose === "header" && deflated.byteLength > HEADER_DEFLATED_BYTES) {
    try {
      const head = inflate(deflated.subarray(0, HEADER_DEFLATED_BYTES), constants.Z_SYNC_FLUSH);
      return DataSet.read(head, 0, encoding);
    } catch (error) {
      if (!(error instanceof UnreadableInstance)) throw error;
      // A header longer than that: the whole data set is needed.
    }
  }
  return DataSet.read(inflate(deflated, constants.Z_FINISH), 0, encoding);
}

function inflate(deflated: Uint8Array, finishFlush: number): Uint8Array {
  try {
    return plain(inflateRawSync(deflated, { maxOutputLength: MAX_INFLATED_BYTES, finishFlush }));
  } catch (cause) {
    throw new UnreadableInstance("the deflated data set is damaged, cut off or larger than 1 GiB", { cause });
  }
}
