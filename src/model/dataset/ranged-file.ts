/**
 * @file A file of which any part can be read: on this machine's disk, or wherever else an implementation finds it.
 */
import { open, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

export interface RangedFile {
  readonly uri: string;
  readonly byteLength: number;
  /** The bytes from `at` on: `length` of them, fewer only where the file ends. */
  read(at: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export class DiskFile implements RangedFile {
  readonly uri: string;
  readonly byteLength: number;
  readonly #handle: FileHandle;

  private constructor(path: string, byteLength: number, handle: FileHandle) {
    this.uri = path;
    this.byteLength = byteLength;
    this.#handle = handle;
  }

  /** @throws the file system's error when there is no such file */
  static async open(path: string): Promise<DiskFile> {
    const { size } = await stat(path);
    return new DiskFile(path, size, await open(path));
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.byteLength - at)));
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, at);
    return bytes.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
