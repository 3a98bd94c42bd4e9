/**
 * @file Slices for the viewer: decoded from the stored bytes when asked for, in a thread, and kept a while.
 */
import type { Slice } from "../domain/slice.ts";
import type { SliceSource } from "../store/studies.ts";
import { HttpError } from "./errors.ts";
import type { Thread } from "./thread.ts";

/** About 120 slices of 512 × 512: a reader who goes back and forth decodes nothing twice. */
const MOST_KEPT_BYTES = 64_000_000;

export class PixelCache {
  readonly #thread: Thread;
  /** In order of use: the first is the one to forget. */
  readonly #kept = new Map<string, Slice>();
  readonly #decoding = new Map<string, Promise<readonly Slice[]>>();
  #keptBytes = 0;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  /** @throws HttpError 422 when the instance cannot be decoded, or has no such frame. */
  async slice({ objectKey, digest, frame }: SliceSource): Promise<Slice> {
    const key = `${digest}-${frame}`;
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const slices = await this.#decode(objectKey, digest);
    const slice = slices.find((candidate) => candidate.frame === frame);
    if (!slice) throw new HttpError(422, "undecodable", `The instance has no frame ${frame}.`);
    return slice;
  }

  /** Decode an instance once, however many ask for it at the same time. */
  #decode(objectKey: string, digest: string): Promise<readonly Slice[]> {
    const underWay = this.#decoding.get(digest);
    if (underWay) return underWay;
    const decoding = this.#thread
      .call<readonly Slice[]>("decode", objectKey)
      .catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new HttpError(422, "undecodable", `The slice cannot be decoded: ${why}`, { cause });
      })
      .finally(() => this.#decoding.delete(digest));
    this.#decoding.set(digest, decoding);
    return decoding.then((slices) => {
      for (const slice of slices) this.#keep(`${digest}-${slice.frame}`, slice);
      return slices;
    });
  }

  #keep(key: string, slice: Slice): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, slice);
    this.#keptBytes += slice.hu.byteLength;
    for (const [oldest, { hu }] of this.#kept) {
      if (this.#keptBytes <= MOST_KEPT_BYTES || oldest === key) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= hu.byteLength;
    }
  }
}
