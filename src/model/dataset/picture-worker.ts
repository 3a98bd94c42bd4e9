/**
 * @file A thread that makes pictures of instances, and writes them where they are to lie on this machine. Its
 * specification comes with its birth.
 */
import { createHash } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { workerData } from "node:worker_threads";

import { answerBytes } from "./byte-worker.ts";
import type { Place } from "./ends.ts";
import { PictureMaker, release } from "./picture.ts";
import type { Picture, PictureSpec } from "./picture.ts";

/** Where the picture is to be written; null for one that is given back. */
export type PictureOrder = Place | null;

/** A picture with the digest of its bytes. */
export interface MadePicture extends Omit<Picture, "bytes"> {
  /** null where they were written. */
  readonly bytes: Uint8Array | null;
  readonly sha256: string;
  readonly writeMs: number;
  /** Why the picture could not be written: no fault of the instance's. */
  readonly notWritten: { readonly message: string; readonly code: string | undefined } | null;
}

const maker = new PictureMaker(workerData as PictureSpec);

function writeWhole({ unfinished, path }: Place, bytes: Uint8Array): MadePicture["notWritten"] {
  try {
    writeFileSync(unfinished, bytes);
    renameSync(unfinished, path);
    return null;
  } catch (error) {
    rmSync(unfinished, { force: true });
    const { message, code } = error as NodeJS.ErrnoException;
    return { message, code };
  }
}

answerBytes<PictureOrder, MadePicture>(async (instance, place) => {
  const { bytes, ...picture } = await maker.make(instance);
  release(instance);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (place === null) return { ...picture, bytes, sha256, writeMs: 0, notWritten: null };
  const startedAt = performance.now();
  const notWritten = writeWhole(place, bytes);
  release(bytes);
  return { ...picture, bytes: null, sha256, writeMs: performance.now() - startedAt, notWritten };
});
