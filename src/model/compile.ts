/**
 * @file One graph of extractor, head and explanation: image in, `logits` and `saliency` out, in one run.
 */
import type { Region } from "../domain/finding.ts";
import { GraphError } from "../nn/model.ts";
import type { Model } from "../nn/model.ts";
import { Session } from "../nn/session.ts";
import { connect, extract, withInnerNames } from "../nn/subgraph.ts";
import { floats } from "../nn/tensor.ts";
import { headModel, poolingModel } from "./head.ts";
import type { FeatureMaps, LinearHead } from "./head.ts";
import { measuredRegion } from "./measured-region.ts";
import type { Pooling } from "./spec.ts";

/**
 * Adds to a model the output `saliency` `[N, rows, columns]`: not negative, not normalised; how much each cell of
 * the feature maps speaks for a class. What stands in `src/explain` supplies it.
 */
export interface SaliencyMethod {
  readonly name: string;
  add(model: Model, target: SaliencyTarget): Model;
}

export interface SaliencyTarget {
  /** The value with one logit a class, `[N, classes]`. */
  readonly logits: string;
  readonly classes: number;
  /** The class that is explained, by its place in the logits. */
  readonly classIndex: number;
  /** Values with feature maps, `[N, channels, rows, columns]`; of several, of one size, their maps are added up. */
  readonly maps: readonly string[];
}

/**
 * The part of an extractor up to a layer, with that layer as its output.
 * @throws GraphError when the extractor has more than one input, or no such layer
 */
export function extractorTo(extractor: Model, layer: string): Model {
  const cut = extract(extractor, [layer]);
  const [input, ...others] = cut.inputs;
  if (!input || others.length > 0) {
    throw new GraphError(`an extractor has one input, the image; this one has ${cut.inputs.length}`);
  }
  return cut;
}

/** The shape of the layer's feature maps for square images of `size`, found by running one. */
export async function probeFeatureMaps(extractor: Model, layer: string, size: number): Promise<FeatureMaps> {
  const session = await Session.load(extractorTo(extractor, layer));
  try {
    const [input = ""] = session.inputNames;
    const image = floats([1, 3, size, size], new Float32Array(3 * size * size));
    const shape = (await session.run({ [input]: image }))[layer]?.shape ?? [];
    const [, channels, rows, columns] = shape;
    if (shape.length !== 4 || channels === undefined || rows === undefined || columns === undefined) {
      throw new GraphError(
        `layer "${layer}" has shape [${shape.join(", ")}]; expected feature maps [N, C, rows, columns]`,
      );
    }
    return { layer, channels, rows, columns };
  } finally {
    await session.dispose();
  }
}

/** The part of the input square that the cells of the maps look at, as fractions of its side; it may reach beyond. */
export async function mapRegion(extractor: Model, maps: FeatureMaps, size: number): Promise<Region> {
  const cut = extractorTo(extractor, maps.layer);
  return measuredRegion(cut, maps.layer, [3, size, size], [maps.rows, maps.columns]);
}

/** An extractor up to a layer, and its pooling: image in, `pooled` `[N, cells · features]` out. */
export function pooledExtractor(extractor: Model, maps: FeatureMaps, pooling: Pooling): Model {
  const pooled = withInnerNames(poolingModel(maps, pooling, extractor.opset), "pooling/");
  return connect(extractorTo(extractor, maps.layer), pooled);
}

export interface CompileOptions {
  readonly extractor: Model;
  readonly maps: FeatureMaps;
  readonly pooling: Pooling;
  readonly head: LinearHead;
  readonly saliency: SaliencyMethod;
  /** The class that is explained. */
  readonly classIndex: number;
}

/** The graph of a model package. Input: as the extractor's. Outputs: `logits`, `saliency`. */
export function compileModel({
  extractor,
  maps,
  pooling,
  head,
  saliency,
  classIndex,
}: CompileOptions): Model {
  const linear = headModel(maps, pooling, head, extractor.opset);
  const explained = saliency.add(linear, {
    logits: "logits",
    classes: head.bias.length,
    classIndex,
    maps: [maps.layer],
  });
  return connect(extractorTo(extractor, maps.layer), withInnerNames(explained, "head/"));
}
