/**
 * @file Calls into a worker thread: one argument, one answer, progress on the way, and an abort.
 *
 * The server's own thread receives instances and answers pages; whatever computes stands in another.
 * A thread that dies fails the calls under way; the next call starts a new one.
 */
import { Worker } from "node:worker_threads";

/** What is sent to a thread. */
export type ThreadRequest =
  | { readonly id: number; readonly call: string; readonly argument: unknown }
  | { readonly id: number; readonly abort: true };

/** What comes back. */
export type ThreadReply =
  | { readonly id: number; readonly progress: readonly [done: number, total: number] }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

export interface CallOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: CallOptions["onProgress"];
}

/** How long a thread may take to end by itself: a batch of the model under way is let finish. */
const END_MS = 1500;

export class Thread {
  readonly #module: URL;
  readonly #workerData: unknown;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #nextId = 1;
  #closed = false;

  /** @param module What the thread runs: a module that calls `answerCalls`. */
  constructor(module: URL, workerData: unknown) {
    this.#module = module;
    this.#workerData = workerData;
  }

  /** @throws Error with the name and message of what was thrown in the thread, or that the thread died. */
  call<T>(name: string, argument: unknown, { onProgress, signal }: CallOptions = {}): Promise<T> {
    if (this.#closed) return Promise.reject(new Error("The thread has been stopped."));
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const worker = (this.#worker ??= this.#start());
    return new Promise<T>((resolve, reject) => {
      const abort = () => worker.postMessage({ id, abort: true } satisfies ThreadRequest);
      const done = () => signal?.removeEventListener("abort", abort);
      this.#pending.set(id, {
        resolve: (result) => (done(), resolve(result as T)),
        reject: (error) => (done(), reject(error)),
        onProgress,
      });
      signal?.addEventListener("abort", abort);
      worker.postMessage({ id, call: name, argument } satisfies ThreadRequest);
    });
  }

  /** Abort what is under way and end the thread. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    for (const id of this.#pending.keys()) worker.postMessage({ id, abort: true } satisfies ThreadRequest);
    worker.postMessage("end");
    const timer = setTimeout(() => void worker.terminate(), END_MS);
    await ended;
    clearTimeout(timer);
  }

  #start(): Worker {
    const worker = new Worker(this.#module, { workerData: this.#workerData });
    worker.on("message", (reply: ThreadReply) => this.#answer(reply));
    worker.on("error", (cause: Error) => this.#lost(worker, cause));
    worker.on("exit", () => this.#lost(worker, null));
    return worker;
  }

  #answer(reply: ThreadReply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if ("progress" in reply) {
      pending.onProgress?.(...reply.progress);
      return;
    }
    this.#pending.delete(reply.id);
    if ("result" in reply) return pending.resolve(reply.result);
    const error = new Error(reply.error.message);
    error.name = reply.error.name;
    pending.reject(error);
  }

  #lost(worker: Worker, cause: Error | null): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of calls) {
      reject(
        new Error(`The thread died${cause ? `: ${cause.message}` : "."}`, { cause: cause ?? undefined }),
      );
    }
  }
}
