/**
 * @file Decoded pictures `[size, size, 3]`, held once for all threads: in shared memory where they fit, else in a file.
 */
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { freemem } from "node:os";

import { UnreadablePicture } from "../picture-file.ts";

/** The bytes of all pictures, one after the other. */
export type PictureBytes =
  | { readonly kind: "memory"; readonly buffer: SharedArrayBuffer }
  | { readonly kind: "file"; readonly path: string };

export interface PictureSet {
  readonly size: number;
  readonly bytes: PictureBytes;
  /** SHA-256 of each picture's pixels, in the order asked for; null for one that cannot be read. */
  readonly digests: readonly (string | null)[];
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

export interface DecodeOptions {
  readonly size: number;
  /** A file's bytes → `[size, size, 3]`. @throws UnreadablePicture */
  readonly decode: (bytes: Uint8Array, file: string) => Promise<Uint8Array>;
  /** Where pictures go that do not fit in memory. */
  readonly spillFile: string;
  /** Pictures of more bytes than this go to the file. */
  readonly memoryBytes?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Share of the free memory that pictures may take; the network needs the rest. */
const MEMORY_SHARE = 0.25;

/** Files decoded side by side: sharp decodes outside this thread. */
const AT_ONCE = 4;

/** Decode picture files once. A file that cannot be read is listed, and its place stays black. */
export async function decodePictures(
  files: readonly string[],
  { size, decode, spillFile, memoryBytes = freemem() * MEMORY_SHARE, onProgress }: DecodeOptions,
): Promise<PictureSet> {
  const length = 3 * size * size;
  const total = length * files.length;
  const shared = total <= memoryBytes ? new SharedArrayBuffer(total) : null;
  const file = shared ? null : await open(spillFile, "w");
  const digests = new Array<string | null>(files.length).fill(null);
  const unreadable = new Map<number, string>();
  let [next, done] = [0, 0];
  const work = async (): Promise<void> => {
    for (let index = next++; index < files.length; index = next++) {
      const name = files[index] ?? "";
      try {
        const rgb = await decode(await readFile(name), name);
        digests[index] = createHash("sha256").update(rgb).digest("hex");
        if (shared) new Uint8Array(shared, index * length, length).set(rgb);
        else await file?.write(rgb, 0, length, index * length);
      } catch (error) {
        if (!(error instanceof UnreadablePicture) && !isMissing(error)) throw error;
        unreadable.set(index, error instanceof Error ? error.message : String(error));
      }
      onProgress?.(++done, files.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await file?.truncate(total);
  } finally {
    await file?.close();
  }
  const listed = [...unreadable].toSorted(([a], [b]) => a - b);
  return {
    size,
    bytes: shared ? { kind: "memory", buffer: shared } : { kind: "file", path: spillFile },
    digests,
    unreadable: listed.map(([index, reason]) => ({ file: files[index] ?? "", reason })),
  };
}

/** A copy of the picture `[size, size, 3]` at an index. */
export async function pictureAt({ size, bytes }: PictureSet, index: number): Promise<Uint8Array> {
  const length = 3 * size * size;
  if (bytes.kind === "memory") return new Uint8Array(bytes.buffer, index * length, length).slice();
  const file = await open(bytes.path, "r");
  try {
    const { buffer } = await file.read(new Uint8Array(length), 0, length, index * length);
    return buffer;
  } finally {
    await file.close();
  }
}

/** A file that is not there or may not be read. */
function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === "ENOENT" || code === "EACCES" || code === "EISDIR";
}
