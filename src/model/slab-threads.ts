/**
 * @file Decoding and preparing slices in threads of their own: ONNX Runtime's `run` blocks the thread it is called
 * from, and the next slices are made ready meanwhile.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

import type { Slice } from "../domain/slice.ts";
import type { Slab } from "../imaging/slab.ts";
import type { PreparedImage, PreprocessSpec } from "./preprocess.ts";
import type { SlabWork } from "./slab-stream.ts";

export type SlabRequest = { readonly id: number } & (
  | { readonly kind: "decode"; readonly bytes: Uint8Array }
  | { readonly kind: "prepare"; readonly slab: Slab; readonly spec: PreprocessSpec }
);

export type SlabReply =
  | { readonly id: number; readonly result: Slice[] | PreparedImage }
  | { readonly id: number; readonly error: string };

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

type RequestBody = SlabRequest extends infer R ? (R extends unknown ? Omit<R, "id"> : never) : never;

/** More do not help: the network is then the slower part. */
const MOST_THREADS = 4;

/** One thread, which starts when it is first asked, and does not keep the process alive while it rests. */
class SlabThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #nextId = 0;
  #closing = false;

  /** How much it has still to do. */
  get load(): number {
    return this.#waiting.size;
  }

  ask<T>(request: RequestBody, transfer: ArrayBuffer[] = []): Promise<T> {
    const id = this.#nextId++;
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ ...request, id }, transfer);
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#worker?.ref();
    await this.#worker?.terminate();
    this.#closing = false;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./slab-worker.ts", import.meta.url));
    worker.on("message", (reply: SlabReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (this.#waiting.size === 0 && !this.#closing) worker.unref();
      if ("error" in reply) waiting?.reject(new Error(reply.error));
      else waiting?.resolve(reply.result as never);
    });
    worker.on("error", (error: Error) => this.#lost(error));
    worker.on("exit", () => this.#lost(new Error("the decoding thread ended")));
    return worker;
  }

  #lost(cause: Error): void {
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(cause);
  }
}

/** Threads that share the work; the one with the least to do gets the next. */
export class SlabThreads implements SlabWork {
  readonly #threads = Array.from(
    { length: Math.max(1, Math.min(MOST_THREADS, availableParallelism())) },
    () => new SlabThread(),
  );

  decode(bytes: Uint8Array): Promise<Slice[]> {
    return this.#idlest().ask({ kind: "decode", bytes });
  }

  prepare(slab: Slab, spec: PreprocessSpec): Promise<PreparedImage> {
    const { buffer } = slab.image.values;
    return this.#idlest().ask({ kind: "prepare", slab, spec }, [buffer as ArrayBuffer]);
  }

  /** End the threads; what they still have to answer fails. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #idlest(): SlabThread {
    const [first, ...others] = this.#threads;
    if (!first) throw new RangeError("there are no threads");
    return others.reduce((best, thread) => (thread.load < best.load ? thread : best), first);
  }
}
