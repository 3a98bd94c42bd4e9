/**
 * @file Pooled features of pictures by a frozen extractor.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

import type { Model } from "../../nn/model.ts";
import { Session } from "../../nn/session.ts";
import { connect, withInnerNames } from "../../nn/subgraph.ts";
import { extractorTo } from "../compile.ts";
import { pooledShape, poolingModel } from "../head.ts";
import type { FeatureMaps } from "../head.ts";
import { rgbToTensor } from "../input-tensor.ts";
import { readPicture } from "../picture-file.ts";
import type { Normalisation, Pooling } from "../spec.ts";
import { FeatureCache } from "./feature-cache.ts";

/** How features are made. */
export interface FeatureRecipe {
  readonly extractor: Model;
  /** SHA-256 of the extractor's file. */
  readonly extractorDigest: string;
  readonly maps: FeatureMaps;
  readonly pooling: Pooling;
  readonly size: number;
  readonly normalisation: Normalisation;
}

export interface FeatureOptions {
  /** Folder of the cache; null for none. */
  readonly cacheDir: string | null;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Rows of features, one a picture: `[count, length]`; with several cells, cell after cell. */
export interface FeatureMatrix {
  readonly length: number;
  readonly values: Float32Array;
}

const BATCH_SIZE = 4;

/**
 * Features of picture files, in their order.
 * @throws UnreadablePicture naming the first file that cannot be read
 */
export async function computeFeatures(
  files: readonly string[],
  recipe: FeatureRecipe,
  { cacheDir, onProgress }: FeatureOptions,
): Promise<FeatureMatrix> {
  const { extractor, extractorDigest, maps, pooling, size, normalisation } = recipe;
  const { cells, features: perCell } = pooledShape(maps, pooling);
  const length = cells * perCell;
  const values = new Float32Array(files.length * length);
  const key = { extractorDigest, maps, pooling, size, normalisation };
  const cache = cacheDir === null ? null : await FeatureCache.open(cacheDir, key, length);
  const pooled = connect(
    extractorTo(extractor, maps.layer),
    withInnerNames(poolingModel(maps, pooling, extractor.opset), "pooling/"),
  );
  const session = await Session.load(pooled);
  const [input = ""] = session.inputNames;

  let done = 0;
  let batch: { index: number; digest: string; rgb: Uint8Array }[] = [];
  const runBatch = async (): Promise<void> => {
    if (batch.length === 0) return;
    const tensor = rgbToTensor(
      batch.map(({ rgb }) => rgb),
      size,
      normalisation,
    );
    const result = (await session.run({ [input]: tensor }))["pooled"];
    if (result?.type !== "float32") throw new TypeError("the extractor's features are not float32");
    for (const [n, { index, digest }] of batch.entries()) {
      const features = result.data.subarray(n * length, (n + 1) * length);
      values.set(features, index * length);
      await cache?.put(digest, features);
    }
    done += batch.length;
    onProgress?.(done, files.length);
    batch = [];
  };

  try {
    for (const [index, file] of files.entries()) {
      const bytes = await readFile(file);
      const digest = createHash("sha256").update(bytes).digest("hex");
      const known = await cache?.get(digest);
      if (known) {
        values.set(known, index * length);
        done++;
        continue;
      }
      batch.push({ index, digest, rgb: await readPicture(bytes, size, file) });
      if (batch.length === BATCH_SIZE) await runBatch();
    }
    await runBatch();
    onProgress?.(files.length, files.length);
  } finally {
    await session.dispose();
  }
  return { length, values };
}
