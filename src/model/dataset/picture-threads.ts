/**
 * @file Pictures made on every core: threads that each take an instance's bytes and give the picture's.
 */
import { Worker } from "node:worker_threads";

import type { Picture, PictureSpec } from "./picture.ts";

export interface PictureRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export type PictureReply =
  | { readonly id: number; readonly picture: Picture; readonly sha256: string }
  | { readonly id: number; readonly reason: string };

/** A picture with the digest of its bytes, or why there is none. */
export type MadePicture = Picture & { readonly sha256: string };
export type PictureOutcome = { readonly picture: MadePicture } | { readonly reason: string };

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, (outcome: PictureOutcome | Error) => void>;
}

export class PictureThreads {
  readonly #threads: readonly Thread[];
  #nextId = 0;

  constructor(spec: PictureSpec, threads: number) {
    this.#threads = Array.from({ length: threads }, () => start(spec));
  }

  /**
   * The picture of an instance's bytes, by the thread with the least to do. The bytes are given away.
   * @throws Error when the thread has ended
   */
  async make(bytes: Uint8Array): Promise<PictureOutcome> {
    const [first, ...others] = this.#threads;
    if (!first) throw new RangeError("there are no threads");
    const idlest = others.reduce(
      (best, next) => (next.waiting.size < best.waiting.size ? next : best),
      first,
    );
    const id = this.#nextId++;
    const { buffer } = bytes;
    // A small read may lie in a pool that other reads share: that is copied, not given away.
    const owned = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
    const outcome = await new Promise<PictureOutcome | Error>((resolve) => {
      idlest.waiting.set(id, resolve);
      idlest.worker.postMessage({ id, bytes }, owned ? [buffer] : []);
    });
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function start(spec: PictureSpec): Thread {
  const worker = new Worker(new URL("./picture-worker.ts", import.meta.url), { workerData: spec });
  const waiting: Thread["waiting"] = new Map();
  worker.on("message", (reply: PictureReply) => {
    const resolve = waiting.get(reply.id);
    waiting.delete(reply.id);
    resolve?.("reason" in reply ? reply : { picture: { ...reply.picture, sha256: reply.sha256 } });
  });
  const lost = (error: Error): void => {
    for (const resolve of waiting.values()) resolve(error);
    waiting.clear();
  };
  worker.on("error", lost);
  worker.on("exit", () => lost(new Error("a picture thread ended")));
  return { worker, waiting };
}
