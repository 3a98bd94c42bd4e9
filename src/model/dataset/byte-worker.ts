/**
 * @file A thread's side of `byte-threads.ts`.
 */
import { parentPort } from "node:worker_threads";

import type { ByteReply, ByteRequest } from "./byte-threads.ts";

/** Answer every file by `work`; what it throws becomes the reason why there is no result. */
export function answerBytes<Order, Result>(work: (bytes: Uint8Array, order: Order) => Promise<Result>): void {
  const port = parentPort;
  if (!port) throw new Error("expected to run in a worker thread");
  const answer = async ({ id, bytes, order }: ByteRequest<Order>): Promise<ByteReply<Result>> => {
    try {
      return { id, result: await work(bytes, order) };
    } catch (error) {
      return { id, reason: error instanceof Error ? error.message : String(error) };
    }
  };
  port.on("message", (request: ByteRequest<Order>) => {
    void answer(request).then((reply) => port.postMessage(reply));
  });
}
