/**
 * @file Pooled features by a frozen extractor, computed once a picture (and once each way it is changed), and batches
 * of them for training the top layer.
 */
import type { Model } from "../../nn/model.ts";
import { floats } from "../../nn/tensor.ts";
import type { FloatTensor } from "../../nn/tensor.ts";
import { pooledExtractor } from "../compile.ts";
import { pooledShape } from "../head.ts";
import type { FeatureMaps } from "../head.ts";
import type { Pooling } from "../spec.ts";
import { FeatureCache } from "./feature-cache.ts";
import type { BatchSource } from "./feed.ts";
import { outputsOf } from "./network-outputs.ts";

/** What features are made by. */
export interface FeatureRecipe {
  readonly backbone: Model;
  readonly maps: FeatureMaps;
  readonly pooling: Pooling;
  /** Everything the features depend on besides the picture, for the cache. */
  readonly key: unknown;
  readonly threads?: number | undefined;
}

export interface FeatureOptions {
  /** Folder of the cache; null for none. */
  readonly cacheDir: string | null;
  /** Ways each picture is changed besides how it is; 0 for none. */
  readonly copies: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Rows of features, one a picture: `[count, length]`; with several cells, cell after cell. */
export interface FeatureMatrix {
  readonly length: number;
  readonly values: Float32Array;
}

/** Features of pictures: as they are, and as they are changed in the epochs 1, 2… of the feed. */
export class Features implements BatchSource {
  readonly idleMs = 0;
  readonly #copies: readonly FeatureMatrix[];

  private constructor(copies: readonly FeatureMatrix[]) {
    this.#copies = copies;
  }

  /** Of features that are at hand. */
  static of(copies: readonly FeatureMatrix[]): Features {
    return new Features(copies);
  }

  /**
   * Compute the features of the pictures that a feed has.
   * @param digests of the pictures, in the feed's order; null for one that is left out
   */
  static async compute(
    feed: BatchSource,
    digests: readonly (string | null)[],
    recipe: FeatureRecipe,
    { cacheDir, copies, onProgress }: FeatureOptions,
  ): Promise<Features> {
    const wanted = digests.flatMap((digest, i) => (digest === null ? [] : [i]));
    const total = wanted.length * (copies + 1);
    const matrices: FeatureMatrix[] = [];
    for (let copy = 0; copy <= copies; copy++) {
      const name = (index: number): string =>
        `${digests[index] ?? ""}${copy === 0 ? "" : `-${copy}-${index}`}`;
      const named = { count: digests.length, wanted, name };
      matrices.push(
        await computeMatrix(feed, recipe, copy === 0 ? null : copy, named, cacheDir, (done) =>
          onProgress?.(copy * wanted.length + done, total),
        ),
      );
    }
    return new Features(matrices);
  }

  /** As the pictures are. */
  get plain(): FeatureMatrix {
    const [plain] = this.#copies;
    if (!plain) throw new RangeError("there are no features");
    return plain;
  }

  /** Tensors `[N, length]`; each epoch shows the next copy. */
  async *batches(plan: readonly (readonly number[])[], epoch: number | null): AsyncGenerator<FloatTensor> {
    const copy = epoch === null ? 0 : (epoch - 1) % this.#copies.length;
    const { values, length } = this.#copies[copy] ?? this.plain;
    for (const indices of plan) {
      const rows = new Float32Array(indices.length * length);
      indices.forEach((index, n) =>
        rows.set(values.subarray(index * length, (index + 1) * length), n * length),
      );
      yield floats([indices.length, length], rows);
    }
  }
}

/** Features of one way the pictures are shown; those that the cache has are not computed. */
async function computeMatrix(
  feed: BatchSource,
  { backbone, maps, pooling, key, threads }: FeatureRecipe,
  epoch: number | null,
  pictures: {
    readonly count: number;
    readonly wanted: readonly number[];
    readonly name: (index: number) => string;
  },
  cacheDir: string | null,
  onProgress: (done: number) => void,
): Promise<FeatureMatrix> {
  const { cells, features } = pooledShape(maps, pooling);
  const length = cells * features;
  const values = new Float32Array(pictures.count * length);
  const cache = cacheDir === null ? null : await FeatureCache.open(cacheDir, { key, maps, pooling }, length);
  const missing: number[] = [];
  for (const index of pictures.wanted) {
    const known = await cache?.get(pictures.name(index));
    if (known) values.set(known, index * length);
    else missing.push(index);
  }
  let done = 0;
  if (missing.length > 0) {
    for await (const { data } of outputsOf(
      pooledExtractor(backbone, maps, pooling),
      "pooled",
      feed,
      missing,
      { epoch, threads },
    )) {
      for (let at = 0; at < data.length; at += length, done++) {
        const index = missing[done] ?? 0;
        const row = data.subarray(at, at + length);
        values.set(row, index * length);
        await cache?.put(pictures.name(index), row);
      }
      onProgress(pictures.wanted.length - missing.length + done);
    }
  }
  onProgress(pictures.wanted.length);
  return { length, values };
}
