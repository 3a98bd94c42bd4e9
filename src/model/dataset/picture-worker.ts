/**
 * @file A thread that makes pictures of instances. Its specification comes with its birth.
 */
import { createHash } from "node:crypto";
import { workerData } from "node:worker_threads";

import sharp from "sharp";

import { answerBytes } from "./byte-worker.ts";
import { PictureMaker, release } from "./picture.ts";
import type { Picture, PictureSpec } from "./picture.ts";

/** A picture with the digest of its bytes. */
export type MadePicture = Picture & { readonly sha256: string };

// Each thread has a picture in hand; a pipeline that splits it up again would only get in the others' way.
sharp.concurrency(1);
sharp.cache(false);
const maker = new PictureMaker(workerData as PictureSpec);

answerBytes(async (bytes): Promise<MadePicture> => {
  const picture = await maker.make(bytes);
  release(bytes);
  return { ...picture, sha256: createHash("sha256").update(picture.bytes).digest("hex") };
});
