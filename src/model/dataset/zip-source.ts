/**
 * @file A zip file as a dataset's source, read in place by its central directory: nothing is unpacked. ZIP64 is, as in
 * the challenge's own download, read like any other.
 */
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, crc32, inflateRaw as inflateRawWithCallback } from "node:zlib";

import { openPromise } from "yauzl";
import type { Entry, ZipFile } from "yauzl";

import { byName, mayBeInstance } from "./ends.ts";
import type { DatasetSource, SourceFile } from "./ends.ts";

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

/** A zip file that cannot be read. */
export class UnusableZip extends Error {
  override readonly name = "UnusableZip";
}

export class ZipSource implements DatasetSource {
  readonly uri: string;
  readonly #zip: ZipFile;
  readonly #file: FileHandle;
  readonly #places = new Map<string, Place>();

  private constructor(uri: string, zip: ZipFile, file: FileHandle) {
    this.uri = uri;
    this.#zip = zip;
    this.#file = file;
  }

  /** @throws UnusableZip when it is none, or is cut off */
  static async open(file: string): Promise<ZipSource> {
    try {
      const zip = await openPromise(file, { lazyEntries: true, autoClose: false });
      return new ZipSource(file, zip, await open(file));
    } catch (cause) {
      throw new UnusableZip(
        `${file}: expected a zip file: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }

  async list(): Promise<readonly SourceFile[]> {
    if (this.#places.size > 0) return [...this.#places.values()];
    const places: Place[] = [];
    try {
      for await (const entry of this.#zip.eachEntry()) {
        if (!entry.fileName.endsWith("/") && mayBeInstance(entry.fileName)) places.push(placeOf(entry));
      }
    } catch (cause) {
      throw new UnusableZip(
        `${this.uri}: its directory is damaged: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
    places.sort(byName);
    for (const place of places) this.#places.set(place.name, place);
    return places;
  }

  async read(file: SourceFile, most = file.bytes): Promise<Uint8Array> {
    const place = this.#places.get(file.name);
    if (!place) throw new RangeError(`${this.uri} has no ${file.name}`);
    const { fileDataStart } = await this.#zip.readLocalFileHeaderPromise(
      { relativeOffsetOfLocalHeader: place.localHeaderAt, compressedSize: place.compressedBytes } as Entry,
      { minimal: true },
    );
    const whole = most >= file.bytes;
    // Deflate never grows data by more than a thousandth, so so many packed bytes hold the bytes asked for.
    const packed = new Uint8Array(
      whole ? place.compressedBytes : Math.min(place.compressedBytes, most + 1024),
    );
    const { bytesRead } = await this.#file.read(packed, 0, packed.length, fileDataStart);
    if (bytesRead < packed.length) throw new UnusableZip(`${place.name}: the zip file ends inside it`);
    const bytes = place.deflated ? await unpacked(place, packed, whole) : packed;
    return whole ? intact(place, bytes) : bytes.subarray(0, most);
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
