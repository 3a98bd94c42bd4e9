/**
 * @file Batches made ready in threads of their own while the network trains. What a batch holds depends on the seed,
 * the epoch and its pictures only: not on how many threads there are, nor on what came before.
 */
import { Worker } from "node:worker_threads";

import { floats } from "../../nn/tensor.ts";
import type { FloatTensor } from "../../nn/tensor.ts";
import type { Normalisation } from "../spec.ts";
import type { Augmentation } from "./augment.ts";
import type { PictureBytes } from "./picture-set.ts";

export interface FeedRecipe {
  readonly size: number;
  readonly bytes: PictureBytes;
  readonly normalisation: Normalisation;
  /** null to show pictures as they are. */
  readonly augmentation: Augmentation | null;
  readonly seed: number;
}

/** Pictures by index; `epoch` draws their changes, null leaves them as they are. */
export interface BatchRequest {
  readonly id: number;
  readonly indices: readonly number[];
  readonly epoch: number | null;
}

export type BatchReply =
  { readonly id: number; readonly data: Float32Array } | { readonly id: number; readonly error: string };

interface Waiting {
  readonly resolve: (data: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

/** Batches asked for ahead, a thread: one under way, and two that wait, for not every batch takes a thread as long. */
const AHEAD = 3;

/** Where batches come from. */
export interface BatchSource {
  /** How long batches have been waited for, in total. */
  readonly idleMs: number;
  /**
   * One tensor a batch, in their order.
   * @param plan pictures of each batch, by index
   * @param epoch draws how pictures are changed; null leaves them as they are
   */
  batches(plan: readonly (readonly number[])[], epoch: number | null): AsyncGenerator<FloatTensor>;
}

export class Feed implements BatchSource {
  readonly #size: number;
  readonly #workers: readonly Worker[];
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #idleMs = 0;

  constructor(recipe: FeedRecipe, threads = 1) {
    this.#size = recipe.size;
    this.#workers = Array.from({ length: threads }, () => {
      const worker = new Worker(new URL("./feed-worker.ts", import.meta.url), { workerData: recipe });
      worker.on("message", (reply: BatchReply) => {
        const waiting = this.#waiting.get(reply.id);
        this.#waiting.delete(reply.id);
        if ("error" in reply) waiting?.reject(new Error(reply.error));
        else waiting?.resolve(reply.data);
      });
      worker.on("error", (error: Error) => this.#lost(error));
      worker.on("exit", () => this.#lost(new Error("the thread that prepares batches ended")));
      return worker;
    });
  }

  /** How long `batches` has been waited for, in total. */
  get idleMs(): number {
    return this.#idleMs;
  }

  /** Tensors `[N, 3, size, size]`, in the order of the batches; the next ones are made meanwhile. */
  async *batches(plan: readonly (readonly number[])[], epoch: number | null): AsyncGenerator<FloatTensor> {
    const asked = new Map<number, Promise<Float32Array>>();
    let next = 0;
    const ahead = AHEAD * this.#workers.length;
    for (const [place, indices] of plan.entries()) {
      for (; next < Math.min(plan.length, place + ahead); next++) {
        const data = this.#ask(plan[next] ?? [], epoch);
        data.catch(() => undefined); // reported where it is awaited
        asked.set(next, data);
      }
      const startedMs = performance.now();
      const data = await asked.get(place);
      this.#idleMs += performance.now() - startedMs;
      asked.delete(place);
      if (data) yield floats([indices.length, 3, this.#size, this.#size], data);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #ask(indices: readonly number[], epoch: number | null): Promise<Float32Array> {
    const id = this.#nextId++;
    const worker = this.#workers[id % this.#workers.length];
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker?.postMessage({ id, indices, epoch } satisfies BatchRequest);
    });
  }

  #lost(cause: Error): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(cause);
  }
}
