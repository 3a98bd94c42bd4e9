/**
 * @file A thread that looks at pictures for `explore-prepared.ts`: whether they can be read to their end, how large they
 * are, and the digest of what they show.
 */
import { createHash } from "node:crypto";

import sharp from "sharp";

import { answerBytes } from "./byte-worker.ts";

export interface PictureLook {
  readonly rows: number;
  readonly columns: number;
  readonly format: string;
  readonly channels: number;
  /** Of the grey levels: a picture with other metadata, or packed again without loss, has the same. */
  readonly digest: string;
  /** Of the file's bytes, as a manifest has it. */
  readonly sha256: string;
}

// Each thread has a picture in hand; a pipeline that splits it up again would only get in the others' way.
sharp.concurrency(1);
sharp.cache(false);

answerBytes(async (bytes): Promise<PictureLook> => {
  const image = sharp(bytes, { failOn: "truncated" });
  const { format } = await image.metadata();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width: columns, height: rows, channels } = info;
  const shape = `${rows} ${columns} ${channels} `;
  return {
    ...{ rows, columns, channels, format },
    digest: createHash("sha256").update(shape).update(data).digest("hex").slice(0, 24),
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
});
