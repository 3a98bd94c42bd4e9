/**
 * @file A zip file as a dataset's source, read in place by its central directory: nothing is unpacked, and of a zip file
 * in a bucket only the parts that are wanted come over the wire. ZIP64 is, as in the challenge's own download, read like
 * any other.
 */
import { promisify } from "node:util";
import { constants, crc32, inflateRaw as inflateRawWithCallback } from "node:zlib";

import { byName, mayBeInstance } from "./ends.ts";
import type { DatasetSource, SourceFile } from "./ends.ts";
import type { RangedFile } from "./ranged-file.ts";
import { openZipDirectory } from "./zip-directory.ts";
import type { Entry, ZipFile } from "./zip-directory.ts";

/** What of an entry is needed to read it; yauzl's own takes a kilobyte, and there may be a million. */
interface Place extends SourceFile {
  readonly compressedBytes: number;
  readonly localHeaderAt: number;
  readonly crc32: number;
  readonly deflated: boolean;
}

const inflateRaw = promisify(inflateRawWithCallback);

const STORED = 0;
const DEFLATED = 8;
/** An entry's local header without its name and extra field (APPNOTE 4.3.7), and how it begins. */
const LOCAL_HEADER_BYTES = 30;
const LOCAL_SIGNATURE = 0x04034b50;
/** Read with an entry for its name and extra field, so that nearly always one read is enough. */
const MARGIN_BYTES = 512;

/** A zip file that cannot be read. */
export class UnusableZip extends Error {
  override readonly name = "UnusableZip";
}

const because = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

export class ZipSource implements DatasetSource {
  readonly uri: string;
  readonly #zip: ZipFile;
  readonly #file: RangedFile;
  readonly #accepts: (name: string) => boolean;
  readonly #places = new Map<string, Place>();

  private constructor(file: RangedFile, zip: ZipFile, accepts: (name: string) => boolean) {
    this.uri = file.uri;
    this.#zip = zip;
    this.#file = file;
    this.#accepts = accepts;
  }

  /**
   * The file is the source's from now on: closed with it, or when it cannot be read.
   * @throws UnusableZip when it is none, or is cut off
   */
  static async open(file: RangedFile, accepts = mayBeInstance): Promise<ZipSource> {
    try {
      return new ZipSource(file, await openZipDirectory(file), accepts);
    } catch (cause) {
      await file.close();
      throw new UnusableZip(`${file.uri}: expected a zip file: ${because(cause)}`, { cause });
    }
  }

  async list(): Promise<readonly SourceFile[]> {
    if (this.#places.size > 0) return [...this.#places.values()];
    const places: Place[] = [];
    try {
      for await (const entry of this.#zip.eachEntry()) {
        if (!entry.fileName.endsWith("/") && this.#accepts(entry.fileName)) places.push(placeOf(entry));
      }
    } catch (cause) {
      throw new UnusableZip(`${this.uri}: its directory is damaged: ${because(cause)}`, { cause });
    }
    places.sort(byName);
    for (const place of places) this.#places.set(place.name, place);
    return places;
  }

  async read(file: SourceFile, most = file.bytes): Promise<Uint8Array> {
    const place = this.#places.get(file.name);
    if (!place) throw new RangeError(`${this.uri} has no ${file.name}`);
    const whole = most >= file.bytes;
    // Deflate never grows data by more than a thousandth, so so many packed bytes hold the bytes asked for.
    const packed = await this.#packed(
      place,
      whole ? place.compressedBytes : Math.min(place.compressedBytes, most + 1024),
    );
    const bytes = place.deflated ? await unpacked(place, packed, whole) : packed;
    return whole ? intact(place, bytes) : bytes.subarray(0, most);
  }

  /** The first `length` bytes of an entry as they lie in the file, behind its local header. */
  async #packed({ name, localHeaderAt }: Place, length: number): Promise<Uint8Array> {
    const got = await this.#file.read(localHeaderAt, LOCAL_HEADER_BYTES + MARGIN_BYTES + length);
    const header = new DataView(got.buffer, got.byteOffset, got.byteLength);
    if (got.length < LOCAL_HEADER_BYTES || header.getUint32(0, true) !== LOCAL_SIGNATURE)
      throw new UnusableZip(`${name} is damaged in the zip file: it has no local header`);
    const start = LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
    // A copy: a thread that gets the bytes would otherwise get the margin with them.
    const packed =
      start + length <= got.length
        ? got.slice(start, start + length)
        : await this.#file.read(localHeaderAt + start, length);
    if (packed.length < length) throw new UnusableZip(`${name}: the zip file ends inside it`);
    return packed;
  }

  async close(): Promise<void> {
    this.#zip.close();
    await this.#file.close();
  }
}

/** The bytes of an entry, or of its beginning. */
async function unpacked({ name, bytes }: Place, packed: Uint8Array, whole: boolean): Promise<Uint8Array> {
  const finishFlush = whole ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
  try {
    return await inflateRaw(packed, { finishFlush, maxOutputLength: bytes + 1 });
  } catch (cause) {
    throw new UnusableZip(`${name} is damaged in the zip file`, { cause });
  }
}

/** Bytes as they were packed, or an error: a damaged stored entry has as many bytes as a whole one. */
function intact({ name, crc32: expected }: Place, bytes: Uint8Array): Uint8Array {
  if (crc32(bytes) !== expected)
    throw new UnusableZip(`${name} is damaged in the zip file: its CRC-32 differs`);
  return bytes;
}

function placeOf(entry: Entry): Place {
  const { compressionMethod: method } = entry;
  if (entry.isEncrypted() || (method !== STORED && method !== DEFLATED)) {
    throw new Error(
      `${entry.fileName} is ${entry.isEncrypted() ? "encrypted" : `packed by method ${method}`}; ` +
        "expected stored or deflated",
    );
  }
  return {
    name: entry.fileName,
    bytes: entry.uncompressedSize,
    compressedBytes: entry.compressedSize,
    localHeaderAt: entry.relativeOffsetOfLocalHeader,
    crc32: entry.crc32,
    deflated: method === DEFLATED,
  };
}
