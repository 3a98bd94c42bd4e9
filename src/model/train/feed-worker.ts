/**
 * @file A thread that makes batches ready: pictures read, augmented, brought to the network's numbers (see `feed.ts`).
 */
import { openSync, readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

import { rgbToTensor } from "../input-tensor.ts";
import { augmentPicture } from "./augment.ts";
import type { BatchReply, BatchRequest, FeedRecipe } from "./feed.ts";
import type { PictureBytes } from "./picture-set.ts";
import { mixedSeed, seededRandom } from "./random.ts";

const port = parentPort;
if (!port) throw new Error("feed-worker.ts runs in a worker thread only");
const { size, bytes, normalisation, augmentation, seed } = workerData as FeedRecipe;
const length = 3 * size * size;

function reader(from: PictureBytes): (index: number) => Uint8Array {
  if (from.kind === "memory") return (index) => new Uint8Array(from.buffer, index * length, length);
  const file = openSync(from.path, "r");
  return (index) => {
    const rgb = new Uint8Array(length);
    const read = readSync(file, rgb, 0, length, index * length);
    if (read !== length)
      throw new RangeError(`${from.path}: picture ${index} has ${read} of ${length} bytes`);
    return rgb;
  };
}

const picture = reader(bytes);

function answer({ id, indices, epoch }: BatchRequest): BatchReply {
  try {
    const pictures = indices.map((index) => {
      const rgb = picture(index);
      if (epoch === null || !augmentation) return rgb;
      return augmentPicture(rgb, size, augmentation, seededRandom(mixedSeed(seed, epoch, index)));
    });
    return { id, data: rgbToTensor(pictures, size, normalisation).data };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

port.on("message", (request: BatchRequest) => {
  const reply = answer(request);
  port.postMessage(reply, "data" in reply ? [reply.data.buffer as ArrayBuffer] : []);
});
