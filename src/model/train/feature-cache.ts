/**
 * @file Features on disk, so that training the head again does not run the extractor again.
 *
 * A file a picture, named by the SHA-256 of the picture's bytes, in a folder named by what made the features
 * (extractor, layer, pooling, input). Nothing is ever out of date: other content is another name.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** `$XDG_CACHE_HOME/firstread/features`, by default under `~/.cache`. */
export function defaultFeatureCacheDir(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "firstread", "features");
}

export class FeatureCache {
  readonly #dir: string;
  readonly #length: number;

  private constructor(dir: string, length: number) {
    this.#dir = dir;
    this.#length = length;
  }

  /**
   * @param recipe everything that the features depend on besides the picture
   * @param length how many features a picture has
   */
  static async open(root: string, recipe: unknown, length: number): Promise<FeatureCache> {
    const key = createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 16);
    const dir = join(root, key);
    await mkdir(dir, { recursive: true });
    return new FeatureCache(dir, length);
  }

  /** The features of a picture, or null when they are not there (or not whole). */
  async get(digest: string): Promise<Float32Array | null> {
    const bytes = await readFile(this.#path(digest)).catch(() => null);
    if (bytes?.byteLength !== this.#length * 4) return null;
    return new Float32Array(Uint8Array.from(bytes).buffer);
  }

  async put(digest: string, features: Float32Array): Promise<void> {
    const path = this.#path(digest);
    const part = `${path}.${process.pid}`;
    await writeFile(part, new Uint8Array(features.buffer, features.byteOffset, features.byteLength));
    await rename(part, path);
  }

  #path(digest: string): string {
    return join(this.#dir, `${digest}.f32`);
  }
}
