/**
 * @file The network that is fine-tuned: a backbone up to a layer, pooling, a new classification layer; which of its
 * constants are trained; and the trained network taken apart again for the package.
 */
import { differentiableParameters } from "../../nn/parameters.ts";
import type { Model } from "../../nn/model.ts";
import { connect, withInnerNames } from "../../nn/subgraph.ts";
import { floats } from "../../nn/tensor.ts";
import type { Tensor } from "../../nn/tensor.ts";
import { pooledExtractor } from "../compile.ts";
import { HEAD_BIAS, HEAD_WEIGHTS, pooledShape, trainableHead } from "../head.ts";
import type { FeatureMaps, LinearHead } from "../head.ts";
import type { Pooling } from "../spec.ts";
import { seededRandom } from "./random.ts";
import { foldStandard } from "./standardise.ts";
import type { Standard } from "./standardise.ts";

/** Names within the whole graph. */
const PREFIX = "new/";
const NEW_WEIGHTS = `${PREFIX}${HEAD_WEIGHTS}`;
const NEW_BIAS = `${PREFIX}${HEAD_BIAS}`;
export const NEW_LAYER: readonly string[] = [NEW_WEIGHTS, NEW_BIAS];

/** Size of the random initial weights of the new layer. */
const INITIAL_SPREAD = 0.01;

export interface NetworkParts {
  /** Its input of the size that is trained with, its weights plain constants. */
  readonly backbone: Model;
  readonly maps: FeatureMaps;
  readonly pooling: Pooling;
  readonly classes: number;
  /** Of the backbone's pooled features before training. */
  readonly standard: Standard;
  readonly seed: number;
}

export interface Network {
  readonly parts: NetworkParts;
  /** Image in, `logits` `[N, classes]` out. */
  readonly whole: Model;
  /** What is trained: `whole`, or the new layer alone from pooled features `[N, cells · features]` on. */
  readonly model: Model;
  /** Names of the backbone's constants that are trained. */
  readonly backboneParameters: readonly string[];
}

/** A backbone with a new, randomly initialised classification layer. */
export function buildNetwork(parts: NetworkParts, onlyTopLayer: boolean): Network {
  const { backbone, maps, pooling, classes, standard, seed } = parts;
  const shape = pooledShape(maps, pooling);
  const random = seededRandom(seed);
  const weights = Float32Array.from(
    { length: classes * shape.features },
    () => (2 * random() - 1) * INITIAL_SPREAD,
  );
  const initial = { weights, bias: new Float32Array(classes) };
  const head = withInnerNames(trainableHead(shape, initial, standard, backbone.opset), PREFIX);
  const extractor = pooledExtractor(backbone, maps, pooling);
  const whole = connect(extractor, head);
  return {
    parts,
    whole,
    model: onlyTopLayer ? head : whole,
    backboneParameters: onlyTopLayer ? [] : differentiableParameters(extractor),
  };
}

/** A network, by default the whole one, with trained values in place of its first ones. */
export function withParameters(
  { whole }: Network,
  trained: ReadonlyMap<string, Float32Array>,
  model: Model = whole,
): Model {
  const values = [...trained].map(
    ([name, data]) => [name, floats(model.initializers.get(name)?.shape ?? [], data)] as const,
  );
  return { ...model, initializers: new Map<string, Tensor>([...model.initializers, ...values]) };
}

/** The trained backbone, and the new layer for features as they are. */
export function takeApart(
  { parts, backboneParameters }: Network,
  trained: ReadonlyMap<string, Float32Array>,
): { readonly extractor: Model; readonly head: LinearHead } {
  const { backbone, maps, pooling, standard, classes } = parts;
  const initializers = new Map<string, Tensor>(backbone.initializers);
  for (const name of backboneParameters) {
    const [before, values] = [backbone.initializers.get(name), trained.get(name)];
    if (before && values) initializers.set(name, floats(before.shape, Float32Array.from(values)));
  }
  const weights = Float32Array.from(trained.get(NEW_WEIGHTS) ?? []);
  const { cells, features } = pooledShape(maps, pooling);
  if (cells > 1) weights.fill(0, 0, features);
  const bias = Float32Array.from(trained.get(NEW_BIAS) ?? new Float32Array(classes));
  return { extractor: { ...backbone, initializers }, head: foldStandard({ weights, bias }, standard) };
}
