/**
 * @file A file being received: fragments in, a complete Part 10 file in the incoming folder out.
 *
 * Bytes are hashed on their way; memory holds at most two write buffers and the head, however large the
 * instance. Its name is random: nothing from the wire becomes a path.
 *
 * An ordinary slice is opened and written by plain system calls: they copy half a megabyte into the page
 * cache, which takes less time than asking another thread to do it. What waits for the disk (syncing, and
 * writing more than one buffer) goes to libuv's threads.
 */
import { createHash, randomUUID } from "node:crypto";
import { close, fdatasync, openSync, unlinkSync, writev, writevSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import type { SeenBytes } from "../../domain/incoming.ts";

const closeLater = promisify(close);
const sync = promisify(fdatasync);
const write = promisify(writev);

/** Gather this much before a write: one for an ordinary slice. */
const WRITE_BYTES = 1024 * 1024;
/** How much of the start is kept for reading the header without going back to the disk. */
const HEAD_BYTES = 64 * 1024;

/** Leftovers of a crash are known by it. */
const SUFFIX = ".incoming";

export class IncomingFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #hash = createHash("sha256");
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #byteLength = 0;
  #writing: Promise<void> = Promise.resolve();
  #open = true;

  /**
   * Opens a new file in `folder`; `prefix` (preamble and meta) is written but not hashed.
   * @throws {Error} with the file system's `code`.
   */
  constructor(folder: string, prefix: Buffer) {
    this.path = join(folder, `${randomUUID()}${SUFFIX}`);
    this.#descriptor = openSync(this.path, "wx", 0o600);
    this.#gather(prefix);
  }

  #gather(bytes: Buffer): void {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    this.#byteLength += bytes.length;
    if (this.#headBytes < HEAD_BYTES) {
      this.#head.push(bytes);
      this.#headBytes += bytes.length;
    }
  }

  #takeGathered(): { buffers: Buffer[]; length: number } {
    const taken = { buffers: this.#gathered, length: this.#gatheredBytes };
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return taken;
  }

  /**
   * Takes the next bytes of the data set. Returns when there is room for more.
   * @throws {Error} with the file system's `code` when an earlier write failed.
   */
  async write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.#gather(bytes);
    if (this.#gatheredBytes < WRITE_BYTES) return;
    await this.#writing;
    this.#writing = this.#writeAll(this.#takeGathered());
    this.#writing.catch(() => undefined); // met by the next write, or by finish
  }

  async #writeAll({ buffers, length }: { buffers: Buffer[]; length: number }): Promise<void> {
    let written = (await write(this.#descriptor, buffers)).bytesWritten;
    // A short write is an almost full disk: go on after what was taken, so that its error is met.
    while (written < length) {
      const rest = Buffer.concat(buffers).subarray(written);
      written += (await write(this.#descriptor, [rest])).bytesWritten;
    }
  }

  /**
   * Writes what is left and begins to sync it; the file is closed when it is synced.
   * @throws {Error} as `write`.
   */
  async finish(): Promise<SeenBytes> {
    await this.#writing;
    const { buffers, length } = this.#takeGathered();
    let written = length === 0 ? 0 : writevSync(this.#descriptor, buffers);
    while (written < length)
      written += writevSync(this.#descriptor, [Buffer.concat(buffers).subarray(written)]);
    const synced = sync(this.#descriptor).finally(async () => this.#close());
    synced.catch(() => undefined); // told to whoever waits for it
    return {
      digest: this.#hash.digest("hex"),
      byteLength: this.#byteLength,
      head: Buffer.concat(this.#head).subarray(0, HEAD_BYTES),
      synced,
    };
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await closeLater(this.#descriptor);
  }

  /** Gives up: closes and removes the file, if it is still there. Never throws. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#close().catch(() => undefined);
    try {
      unlinkSync(this.path);
    } catch {
      // Moved or removed already.
    }
  }
}
