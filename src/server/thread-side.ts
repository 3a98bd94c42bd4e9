/**
 * @file The other side of `thread.ts`: in a worker thread, answers calls by name.
 */
import { parentPort } from "node:worker_threads";

import type { ThreadReply, ThreadRequest } from "./thread.ts";

export interface CallContext {
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** Name → what answers it. An answer is copied to the caller. */
export type Handlers = Readonly<Record<string, (argument: never, context: CallContext) => Promise<unknown>>>;

/** Answer calls until the caller ends the thread. */
export function answerCalls(handlers: Handlers): void {
  const port = parentPort;
  if (!port) throw new Error("answerCalls: expected to run in a worker thread.");
  const reply = (message: ThreadReply) => port.postMessage(message);
  const underWay = new Map<number, AbortController>();

  async function answer(id: number, call: string, argument: unknown): Promise<void> {
    const abort = new AbortController();
    underWay.set(id, abort);
    try {
      const handler = handlers[call];
      if (!handler) throw new RangeError(`The thread knows no call "${call}".`);
      const onProgress = (done: number, total: number) => reply({ id, progress: [done, total] });
      reply({ id, result: await handler(argument as never, { onProgress, signal: abort.signal }) });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      reply({ id, error: { name, message } });
    } finally {
      underWay.delete(id);
    }
  }

  port.on("message", (request: ThreadRequest | "end") => {
    if (request === "end") port.close();
    else if ("abort" in request) underWay.get(request.id)?.abort();
    else void answer(request.id, request.call, request.argument);
  });
}
