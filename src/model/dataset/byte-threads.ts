/**
 * @file Work on files' bytes on every core: threads that each take a file's bytes, with an order what to do with them,
 * and give a result. What they do stands in a module of its own, which calls `answerBytes` (see `byte-worker.ts`).
 */
import { Worker } from "node:worker_threads";

import type { DatasetSource, SourceFile } from "./ends.ts";

export interface ByteRequest<Order> {
  readonly id: number;
  /** The file's bytes, or the path where the thread reads them. */
  readonly from: Uint8Array | string;
  readonly order: Order;
}

/** What came of a file and how long its bytes were waited for, or why nothing did. */
export type ByteOutcome<Result> =
  { readonly result: Result; readonly readMs: number } | { readonly reason: string };
export type ByteReply<Result> = ByteOutcome<Result> & { readonly id: number };

interface Thread<Result> {
  readonly worker: Worker;
  readonly waiting: Map<number, (outcome: ByteOutcome<Result> | Error) => void>;
}

/** Files in the making for each thread: one at work, one waiting, one being read or written. */
export const FILES_PER_THREAD = 3;

export class ByteThreads<Order, Result> {
  readonly #threads: readonly Thread<Result>[];
  #nextId = 0;

  /** @param workerData given to each thread at its birth */
  constructor(module: URL, workerData: unknown, threads: number) {
    this.#threads = Array.from({ length: threads }, () => start(module, workerData));
  }

  /**
   * A file of a source, by the thread with the least to do.
   * @throws Error when the thread has ended
   */
  async run(source: DatasetSource, file: SourceFile, order: Order): Promise<ByteOutcome<Result>> {
    if (source.pathOf) return this.#hand(source.pathOf(file), [], order);
    const startedAt = performance.now();
    let bytes: Uint8Array;
    try {
      bytes = await source.read(file);
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error) };
    }
    const readMs = performance.now() - startedAt;
    const { buffer } = bytes;
    // A small read may lie in a pool that other reads share: that is copied, not given away.
    const owned = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
    const outcome = await this.#hand(bytes, owned ? [buffer] : [], order);
    return "reason" in outcome ? outcome : { ...outcome, readMs };
  }

  async #hand(
    from: Uint8Array | string,
    given: readonly ArrayBuffer[],
    order: Order,
  ): Promise<ByteOutcome<Result>> {
    const [first, ...others] = this.#threads;
    if (!first) throw new RangeError("there are no threads");
    const idlest = others.reduce(
      (best, next) => (next.waiting.size < best.waiting.size ? next : best),
      first,
    );
    const id = this.#nextId++;
    const outcome = await new Promise<ByteOutcome<Result> | Error>((resolve) => {
      idlest.waiting.set(id, resolve);
      idlest.worker.postMessage({ id, from, order } satisfies ByteRequest<Order>, given);
    });
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function start<Result>(module: URL, workerData: unknown): Thread<Result> {
  const worker = new Worker(module, { workerData });
  const waiting: Thread<Result>["waiting"] = new Map();
  worker.on("message", ({ id, ...outcome }: ByteReply<Result>) => {
    const resolve = waiting.get(id);
    waiting.delete(id);
    resolve?.(outcome);
  });
  const lost = (error: Error): void => {
    for (const resolve of waiting.values()) resolve(error);
    waiting.clear();
  };
  worker.on("error", lost);
  worker.on("exit", () => lost(new Error("a thread ended before its work was done")));
  return { worker, waiting };
}
