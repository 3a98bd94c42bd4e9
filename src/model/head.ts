/**
 * @file The classification head: feature maps → pooled features → one logit a class, as an ONNX graph.
 */
import { GraphBuilder } from "../nn/builder.ts";
import type { Model } from "../nn/model.ts";
import { floats } from "../nn/tensor.ts";
import type { Pooling } from "./spec.ts";

/** A linear layer on pooled features, or on the features of a cell. */
export interface LinearHead {
  /** `[classes, features]`. */
  readonly weights: Float32Array;
  /** `[classes]`. */
  readonly bias: Float32Array;
}

/** Feature maps of one image: a value of the extractor, and its shape without the batch. */
export interface FeatureMaps {
  readonly layer: string;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

const POOLING_OPERATORS: Readonly<Record<Exclude<Pooling, "log-mean-exp">, readonly string[]>> = {
  mean: ["GlobalAveragePool"],
  max: ["GlobalMaxPool"],
  "mean+max": ["GlobalAveragePool", "GlobalMaxPool"],
};

/** How many feature vectors an image has, and how long each is. */
export function pooledShape(
  { channels, rows, columns }: FeatureMaps,
  pooling: Pooling,
): { readonly cells: number; readonly features: number } {
  return pooling === "log-mean-exp"
    ? { cells: rows * columns, features: channels }
    : { cells: 1, features: channels * POOLING_OPERATORS[pooling].length };
}

/**
 * Add the pooling of `maps` `[N, channels, rows, columns]`; gives the name of the `[N, cells · features]` result,
 * cell after cell.
 */
function addPooling(graph: GraphBuilder, maps: FeatureMaps, pooling: Pooling): string {
  if (pooling === "log-mean-exp") {
    const cellsLast = graph.add("Reshape", [maps.layer, graph.ints([0, maps.channels, -1])]);
    return graph.add("Flatten", [graph.add("Transpose", [cellsLast], { perm: [0, 2, 1] })], { axis: 1 });
  }
  const pooled = POOLING_OPERATORS[pooling].map((operator) =>
    graph.add("Flatten", [graph.add(operator, [maps.layer])], { axis: 1 }),
  );
  return pooled.length === 1 ? (pooled[0] ?? "") : graph.add("Concat", pooled, { axis: 1 });
}

/**
 * Add the linear layer `[classes, features]` to pooled features `[N, cells · features]`; gives the name of the
 * logits `[N, classes]`. Over several cells a logit is the log of the mean of the cells' exponentials; their maximum
 * is taken out first, so that no exponential overflows.
 */
function addLinear(
  graph: GraphBuilder,
  pooled: string,
  layer: { readonly weights: string; readonly bias: string; readonly classes: number },
  { cells, features }: { readonly cells: number; readonly features: number },
  output: string,
): string {
  const { weights, bias, classes } = layer;
  if (cells === 1) return graph.add("Gemm", [pooled, weights, bias], { transB: 1 }, output);
  const rows = graph.add("Reshape", [pooled, graph.ints([-1, features])]);
  const scored = graph.add("Gemm", [rows, weights, bias], { transB: 1 });
  const byCell = graph.add("Reshape", [scored, graph.ints([-1, cells, classes])]);
  const largest = graph.reduce("ReduceMax", byCell, [1]);
  const powers = graph.add("Exp", [graph.add("Sub", [byCell, largest])]);
  const logMean = graph.add("Log", [graph.reduce("ReduceMean", powers, [1])]);
  return graph.add("Reshape", [graph.add("Add", [logMean, largest]), graph.ints([-1, classes])], {}, output);
}

/**
 * Standardise pooled features `[N, cells · features]`: `(x - mean) / deviation`, both `[features]`; gives the name of
 * the result, of the same shape.
 */
function addStandardised(
  graph: GraphBuilder,
  pooled: string,
  cells: number,
  { mean, deviation }: { readonly mean: Float32Array; readonly deviation: Float32Array },
): string {
  const features = mean.length;
  const vectors = graph.add("Reshape", [pooled, graph.ints([-1, features])]);
  const centred = graph.add("Sub", [vectors, graph.constant(floats([features], mean))]);
  const inverse = graph.constant(
    floats(
      [features],
      deviation.map((d) => 1 / d),
    ),
  );
  return graph.add("Reshape", [graph.add("Mul", [centred, inverse]), graph.ints([-1, cells * features])]);
}

function startAt(maps: FeatureMaps, opset: number): GraphBuilder {
  const graph = new GraphBuilder(opset);
  graph.input(maps.layer, ["N", maps.channels, maps.rows, maps.columns]);
  return graph;
}

/** The graph from feature maps to `pooled` `[N, cells · features]`. */
export function poolingModel(maps: FeatureMaps, pooling: Pooling, opset: number): Model {
  const graph = startAt(maps, opset);
  const { cells, features } = pooledShape(maps, pooling);
  graph.output(addPooling(graph, maps, pooling), "pooled", ["N", cells * features]);
  return graph.build();
}

/** Where the trainable parts of `trainableHead` stand. */
export const HEAD_WEIGHTS = "weights";
export const HEAD_BIAS = "bias";

/**
 * The head while it is trained, from `pooled` `[N, cells · features]` to `logits` `[N, classes]`; features are
 * standardised first. Where cells are scored one by one, the first class is the reference and has no evidence of its
 * own: its weights do not count. Constants to be trained: `HEAD_WEIGHTS`, `HEAD_BIAS`.
 */
export function trainableHead(
  shape: { readonly cells: number; readonly features: number },
  { weights, bias }: LinearHead,
  standard: { readonly mean: Float32Array; readonly deviation: Float32Array },
  opset: number,
): Model {
  const graph = new GraphBuilder(opset);
  const classes = bias.length;
  const pooled = graph.input("pooled", ["N", shape.cells * shape.features]);
  const all = graph.constant(floats([classes, shape.features], weights), HEAD_WEIGHTS);
  const counted = Array.from({ length: classes }, (_, c) => (c === 0 && shape.cells > 1 ? 0 : 1));
  const masked = graph.add("Mul", [all, graph.constant(floats([classes, 1], counted))]);
  const standardised = addStandardised(graph, pooled, shape.cells, standard);
  const layer = { weights: masked, bias: graph.constant(floats([classes], bias), HEAD_BIAS), classes };
  addLinear(graph, standardised, layer, shape, "logits");
  graph.output("logits", "logits", ["N", classes]);
  return graph.build();
}

/**
 * The graph from feature maps to `logits` `[N, classes]`.
 * @throws RangeError when the weights do not fit the features
 */
export function headModel(maps: FeatureMaps, pooling: Pooling, head: LinearHead, opset: number): Model {
  const graph = startAt(maps, opset);
  const classes = head.bias.length;
  const shape = pooledShape(maps, pooling);
  const weights = graph.constant(floats([classes, shape.features], head.weights), "weights");
  const bias = graph.constant(floats([classes], head.bias), "bias");
  addLinear(graph, addPooling(graph, maps, pooling), { weights, bias, classes }, shape, "logits");
  graph.output("logits", "logits", ["N", classes]);
  return graph.build();
}
