/**
 * @file A thread that makes pictures (see `picture-threads.ts`). Its specification comes with its birth.
 */
import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";

import sharp from "sharp";

import { PictureMaker, release } from "./picture.ts";
import type { PictureSpec } from "./picture.ts";
import type { PictureReply, PictureRequest } from "./picture-threads.ts";

const port = parentPort;
if (!port) throw new Error("picture-worker.ts runs in a worker thread only");

// Each thread has a picture in hand; a pipeline that splits it up again would only get in the others' way.
sharp.concurrency(1);
sharp.cache(false);
const maker = new PictureMaker(workerData as PictureSpec);

async function answer({ id, bytes }: PictureRequest): Promise<PictureReply> {
  try {
    const picture = await maker.make(bytes);
    release(bytes);
    return { id, picture, sha256: createHash("sha256").update(picture.bytes).digest("hex") };
  } catch (error) {
    return { id, reason: error instanceof Error ? error.message : String(error) };
  }
}

port.on("message", (request: PictureRequest) => {
  void answer(request).then((reply) => port.postMessage(reply));
});
