/**
 * @file A whole network whose weights come from a formula, as `networks.py` describes it, and its gradients by
 * `differentiate`.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { GraphBuilder } from "../../src/nn/builder.ts";
import { differentiate, gradientName } from "../../src/nn/differentiate.ts";
import type { Model } from "../../src/nn/model.ts";
import { readOnnx } from "../../src/nn/onnx-file.ts";
import { Session } from "../../src/nn/session.ts";
import { floats, sizeOf } from "../../src/nn/tensor.ts";
import type { FloatTensor, Tensor } from "../../src/nn/tensor.ts";
import { between, signedSum } from "./formula.ts";

/** Numbers in [low, high) from a seed. */
interface Range {
  readonly seed: number;
  readonly low: number;
  readonly high: number;
}

interface ShapedRange extends Range {
  readonly shape: readonly number[];
}

export interface OracleWeight extends Range {
  readonly name: string;
  /** Of PyTorch's gradient: its norm, and its products with the vectors of signs of `signSeeds`. */
  readonly gradient?: { readonly norm: number; readonly products: readonly number[] };
}

/** What `networks.py` writes beside a graph. */
export interface NetworkDescription {
  readonly network: string;
  readonly image: ShapedRange;
  /** What each logit is multiplied with before all are added and differentiated. */
  readonly coefficients: ShapedRange;
  readonly logits: { readonly norm: number };
  readonly weights: readonly OracleWeight[];
}

const filled = ({ seed, low, high }: Range, shape: readonly number[]): FloatTensor =>
  floats(shape, between(seed, sizeOf(shape), low, high));

/** The graph with its weights, and the sum of the logits times their coefficients as "objective". */
function withWeights(graph: Model, { weights, coefficients }: NetworkDescription): Model {
  const ranges = new Map(weights.map((weight) => [weight.name, weight]));
  const isWeight = ({ name }: { readonly name: string }): boolean => ranges.has(name);
  const initializers = new Map<string, Tensor>(graph.initializers);
  for (const { name, shape } of graph.inputs.filter(isWeight)) {
    const range = ranges.get(name);
    if (range) initializers.set(name, filled(range, (shape ?? []).map(Number)));
  }
  const inputs = graph.inputs.filter((input) => !isWeight(input));
  const builder = new GraphBuilder({ ...graph, inputs, initializers });
  const scaled = builder.add("Mul", [
    "logits",
    builder.constant(filled(coefficients, coefficients.shape), "coefficients"),
  ]);
  builder.add("ReduceSum", [scaled], { keepdims: 0 }, "objective");
  return builder.build();
}

/** The network as a classifier of pictures of `size`, its weights by their formula. */
export async function classifierOf(folder: string, name: string, size: number): Promise<Model> {
  const description = JSON.parse(await readFile(join(folder, `${name}.json`), "utf8")) as NetworkDescription;
  const model = withWeights(readOnnx(await readFile(join(folder, `${name}.onnx`))), description);
  const inputs = model.inputs.map((input) => ({ ...input, shape: ["N", 3, size, size] }));
  return { ...model, inputs };
}

export interface OracleNetwork {
  readonly description: NetworkDescription;
  /** Gives the logits and every weight's gradient, by the weight's name. */
  readonly run: () => Promise<{
    readonly logits: Float32Array;
    readonly gradients: ReadonlyMap<string, Float32Array>;
  }>;
}

/** Read `NAME.onnx` and `NAME.json` of a folder. */
export async function loadNetwork(folder: string, name: string): Promise<OracleNetwork> {
  const text = await readFile(join(folder, `${name}.json`), "utf8");
  const description = JSON.parse(text) as NetworkDescription;
  const graph = readOnnx(await readFile(join(folder, `${name}.onnx`)));
  const withRespectTo = description.weights.flatMap((weight) => (weight.gradient ? [weight.name] : []));
  return {
    description,
    run: async () => {
      const model = differentiate(withWeights(graph, description), { of: "objective", withRespectTo });
      const session = await Session.load(model, { threads: 2 });
      const image = filled(description.image, description.image.shape);
      const values = await session.run({ image });
      await session.dispose();
      const float = (output: string): Float32Array => {
        const value = values[output];
        if (value?.type !== "float32") throw new Error(`${name}: no float output "${output}"`);
        return value.data;
      };
      const gradients = withRespectTo.map((weight) => [weight, float(gradientName(weight))] as const);
      return { logits: float("logits"), gradients: new Map(gradients) };
    },
  };
}

/** Euclidean length. */
export function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** Where the first of `networks.py`'s two vectors of signs has its seed. */
const SIGN_SEEDS = 1_000_000;

/**
 * How far a gradient is from PyTorch's, relative to its norm: by the norms, and by the products with two vectors of
 * random signs, each of which is on average as long as the difference itself.
 */
export function sketchedError({ seed, gradient }: OracleWeight, actual: Float32Array): number {
  if (!gradient) throw new Error("the oracle has no gradient of this weight");
  const errors = gradient.products.map((product, k) =>
    Math.abs(signedSum(SIGN_SEEDS * (k + 1) + seed, actual) - product),
  );
  return Math.max(Math.abs(norm(actual) - gradient.norm), ...errors) / gradient.norm;
}
