/**
 * @file The object store: received files, kept as they came.
 *
 * Keys are made here from digests, never from what the wire said: hexadecimal folders and names only.
 */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, createReadStream, fsync, openSync, renameSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";

export interface StoredObject {
  readonly key: string;
  readonly byteLength: number;
}

export interface ObjectStore {
  /**
   * Moves a file in under a key. When it returns, the bytes and their name survive a loss of power.
   * @param synced Given when the file's bytes are being synced already: what tells when they are.
   * @throws {Error} with the system's `code` (ENOSPC…); the object may then be there or not.
   */
  put(sourcePath: string, key: string, synced?: Promise<void>): Promise<void>;
  /** @throws {Error} with code ENOENT when there is none. */
  bytes(key: string): Promise<Uint8Array>;
  /** The stream errors with code ENOENT when there is none. */
  stream(key: string): Readable;
  /** The object's length in bytes, or null when there is none. */
  size(key: string): Promise<number | null>;
  /** Every object, in no order; `since` leaves out folders that nothing was added to after that instant. */
  list(since?: Date): AsyncIterable<StoredObject>;
  /** Removes an object; nothing happens when there is none. */
  remove(key: string): Promise<void>;
}

const KEY = /^[0-9a-f]{2}\/[0-9a-f]{32}\/[0-9a-f]{32}-[0-9a-f]{16}\.dcm$/;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/**
 * A key of its own for every receipt, so that two receipts of one UID never write to the same place:
 * `<2 hex>/<study>/<digest>-<random>.dcm`.
 */
export function newObjectKey(studyInstanceUid: string, digest: string): string {
  const study = sha256(studyInstanceUid).slice(0, 32);
  return `${study.slice(0, 2)}/${study}/${digest.slice(0, 32)}-${randomBytes(8).toString("hex")}.dcm`;
}

const fsyncDescriptor = promisify(fsync);

/** Opening what was just made and closing what was only read wait for no disk: no thread is asked for them. */
async function syncPath(path: string): Promise<void> {
  const descriptor = openSync(path, "r");
  try {
    await fsyncDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Study folders known to exist on disk; forgotten all at once when they are many. */
const REMEMBERED_FOLDERS = 10_000;

/** Objects as files below a folder. */
export class DiskObjectStore implements ObjectStore {
  readonly #root: string;
  readonly #folders = new Map<string, Promise<void>>();

  private constructor(root: string) {
    this.#root = root;
  }

  /** Opens (and makes) the folder. */
  static async open(root: string): Promise<DiskObjectStore> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await syncPath(dirname(root));
    return new DiskObjectStore(root);
  }

  /** @throws {RangeError} for a key that `newObjectKey` cannot have made. */
  #path(key: string): string {
    if (!KEY.test(key)) throw new RangeError(`Expected an object key, got "${key}"`);
    return join(this.#root, key);
  }

  /** Makes a study's folder, durably, once. */
  async #folder(path: string): Promise<void> {
    let made = this.#folders.get(path);
    if (made === undefined) {
      if (this.#folders.size >= REMEMBERED_FOLDERS) this.#folders.clear();
      made = (async () => {
        const first = await mkdir(path, { recursive: true, mode: 0o700 });
        if (first === undefined) return;
        await Promise.all([syncPath(dirname(path)), syncPath(this.#root)]);
      })();
      made.catch(() => this.#folders.delete(path));
      this.#folders.set(path, made);
    }
    await made;
  }

  async put(sourcePath: string, key: string, synced?: Promise<void>): Promise<void> {
    const path = this.#path(key);
    const folder = dirname(path);
    await this.#folder(folder);
    try {
      renameSync(sourcePath, path);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== "EXDEV") throw error;
      await copyFile(sourcePath, path); // the incoming folder is on another file system
      await rm(sourcePath, { force: true });
      await syncPath(path);
    }
    await Promise.all([synced ?? syncPath(path), syncPath(folder)]);
  }

  async bytes(key: string): Promise<Uint8Array> {
    return readFile(this.#path(key));
  }

  stream(key: string): Readable {
    return createReadStream(this.#path(key), { highWaterMark: 1024 * 1024 });
  }

  async size(key: string): Promise<number | null> {
    const found = await stat(this.#path(key)).catch(() => null);
    return found?.size ?? null;
  }

  async *list(since?: Date): AsyncIterable<StoredObject> {
    for (const shard of await readdir(this.#root)) {
      for (const study of await readdir(join(this.#root, shard))) {
        const folder = join(this.#root, shard, study);
        if (since !== undefined && (await stat(folder)).mtime < since) continue;
        for (const name of await readdir(folder)) {
          const key = `${shard}/${study}/${name}`;
          const byteLength = KEY.test(key) ? await this.size(key) : null;
          if (byteLength !== null) yield { key, byteLength };
        }
      }
    }
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }
}
