/**
 * @file A thread that decodes instances and prepares slabs (see `slab-threads.ts`).
 */
import { parentPort } from "node:worker_threads";

import { decodeSlices } from "../dicom/decode.ts";
import { prepareSlab } from "./preprocess.ts";
import type { SlabReply, SlabRequest } from "./slab-threads.ts";

const port = parentPort;
if (!port) throw new Error("slab-worker.ts runs in a worker thread only");

async function answer(request: SlabRequest): Promise<readonly [SlabReply, readonly ArrayBufferLike[]]> {
  const { id } = request;
  try {
    if (request.kind === "decode") {
      const slices = await decodeSlices(request.bytes);
      // Slices that share one buffer are copied, others are handed over.
      const buffers = new Set(slices.map(({ hu }) => hu.buffer));
      return [{ id, result: slices }, buffers.size === slices.length ? [...buffers] : []];
    }
    const image = prepareSlab(request.slab, request.spec);
    return [{ id, result: image }, [image.rgb.buffer]];
  } catch (error) {
    return [{ id, error: error instanceof Error ? error.message : String(error) }, []];
  }
}

port.on("message", (request: SlabRequest) => {
  void answer(request).then(([reply, buffers]) => {
    port.postMessage(reply, buffers as ArrayBuffer[]);
  });
});
