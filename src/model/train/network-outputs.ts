/**
 * @file What a network says of decoded pictures, batch by batch.
 */
import type { Model } from "../../nn/model.ts";
import { Session } from "../../nn/session.ts";
import type { FloatTensor } from "../../nn/tensor.ts";
import { pooledExtractor } from "../compile.ts";
import { pooledShape } from "../head.ts";
import type { FeatureMaps } from "../head.ts";
import type { Pooling } from "../spec.ts";
import type { BatchSource } from "./feed.ts";
import { evenBatches } from "./fine-tune.ts";
import { standardOf } from "./standardise.ts";
import type { Standard } from "./standardise.ts";

/** Pictures in one run. */
const BATCH_SIZE = 16;

export interface OutputOptions {
  /** Pictures as they are changed in this epoch; null, the default, for as they are. */
  readonly epoch?: number | null;
  /** Of the network; ONNX Runtime's default is one a physical core. */
  readonly threads?: number | undefined;
}

/** Tensors of one output, batch by batch; of pictures as they are, or as they are changed in an epoch. */
export async function* outputsOf(
  model: Model,
  output: string,
  feed: BatchSource,
  indices: readonly number[],
  { epoch = null, threads }: OutputOptions = {},
): AsyncGenerator<FloatTensor> {
  const session = await Session.load(model, threads === undefined ? {} : { threads });
  try {
    for await (const images of feed.batches(evenBatches(indices, BATCH_SIZE), epoch)) {
      const tensor = (await session.run({ [session.inputNames[0] ?? ""]: images }, [output]))[output];
      if (tensor?.type !== "float32") throw new TypeError(`the network's "${output}" is not float32`);
      yield tensor;
    }
  } finally {
    await session.dispose();
  }
}

/** Logits of pictures by index: `[indices, classes]`. */
export async function networkLogits(
  model: Model,
  feed: BatchSource,
  indices: readonly number[],
  options: OutputOptions = {},
): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for await (const { data, shape } of outputsOf(model, "logits", feed, indices, options)) {
    const classes = shape[1] ?? 1;
    for (let at = 0; at < data.length; at += classes) rows.push(data.slice(at, at + classes));
  }
  return rows;
}

/** Mean and deviation of a backbone's pooled features over pictures. */
export async function featureStandard(
  backbone: Model,
  maps: FeatureMaps,
  pooling: Pooling,
  feed: BatchSource,
  indices: readonly number[],
  options: OutputOptions = {},
): Promise<Standard> {
  const { cells, features } = pooledShape(maps, pooling);
  const pooled = pooledExtractor(backbone, maps, pooling);
  const length = cells * features;
  const values = new Float32Array(indices.length * length);
  let at = 0;
  for await (const { data } of outputsOf(pooled, "pooled", feed, indices, options)) {
    values.set(data, at);
    at += data.length;
  }
  return standardOf(
    { length, values },
    indices.map((_, i) => i),
    cells,
  );
}
