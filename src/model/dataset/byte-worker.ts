/**
 * @file A thread's side of `byte-threads.ts`.
 */
import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";

import type { ByteReply, ByteRequest } from "./byte-threads.ts";

/** The bytes of a file, in memory of their own: a small read may lie in a pool that others share. */
function bytesAt(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return bytes.buffer.byteLength === bytes.byteLength ? bytes : new Uint8Array(bytes);
}

/** Answer every file by `work`; what it throws becomes the reason why there is no result. */
export function answerBytes<Order, Result>(work: (bytes: Uint8Array, order: Order) => Promise<Result>): void {
  const port = parentPort;
  if (!port) throw new Error("expected to run in a worker thread");
  const answer = async ({ id, from, order }: ByteRequest<Order>): Promise<ByteReply<Result>> => {
    try {
      const startedAt = performance.now();
      const bytes = typeof from === "string" ? bytesAt(from) : from;
      const readMs = performance.now() - startedAt;
      return { id, result: await work(bytes, order), readMs };
    } catch (error) {
      return { id, reason: error instanceof Error ? error.message : String(error) };
    }
  };
  port.on("message", (request: ByteRequest<Order>) => {
    void answer(request).then((reply) => port.postMessage(reply));
  });
}
