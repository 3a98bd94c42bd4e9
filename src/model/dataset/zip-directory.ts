/**
 * @file The directory at a zip file's end, read a few megabytes at a time: yauzl asks for each entry's few bytes on
 * their own, and a million requests to a bucket would take hours.
 */
import { fromRandomAccessReaderPromise, RandomAccessReader } from "yauzl";
import type { Entry, ZipFile } from "yauzl";

import type { RangedFile } from "./ranged-file.ts";

const AHEAD_BYTES = 4 * 1024 * 1024;

class ReadingAhead extends RandomAccessReader {
  readonly #file: RangedFile;
  #from = 0;
  #window: Uint8Array = new Uint8Array();

  constructor(file: RangedFile) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#bytes(position, length).then(
      (bytes) => {
        buffer.set(bytes, offset);
        callback(null);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }

  async #bytes(at: number, length: number): Promise<Uint8Array> {
    const isHere = at >= this.#from && at + length <= this.#from + this.#window.length;
    if (!isHere) {
      this.#window = await this.#file.read(at, Math.max(length, AHEAD_BYTES));
      this.#from = at;
    }
    const bytes = this.#window.subarray(at - this.#from, at - this.#from + length);
    if (bytes.length < length)
      throw new RangeError(`expected ${length} bytes at ${at}, the file ends after ${bytes.length}`);
    return bytes;
  }

  /** The file is its owner's to close. */
  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

/** Find the directory. @throws yauzl's error when there is none */
export async function openZipDirectory(file: RangedFile): Promise<ZipFile> {
  return fromRandomAccessReaderPromise(new ReadingAhead(file), file.byteLength, { autoClose: false });
}

export type { Entry, ZipFile };
