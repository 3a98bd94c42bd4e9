/**
 * @file Weights kept in half precision, for a file of half the size. ONNX Runtime makes float32 of them once, when it
 * loads the model, so that running is as fast and only the rounding remains.
 */
import { GraphBuilder } from "./builder.ts";
import { addHalf } from "./compact-constant.ts";
import type { Model } from "./model.ts";
import { numberToFloat16 } from "./tensor.ts";

/** Matrices and kernels are rounded; vectors (biases, statistics) are a small share and keep their precision. */
const LEAST_RANK = 2;

/** The same model with its float32 weights of two or more axes stored as half precision. */
export function withHalfWeights(model: Model): Model {
  const whole = new Map(model.initializers);
  const graph = new GraphBuilder({ ...model, nodes: [], initializers: new Map(), outputs: [] });
  for (const [name, tensor] of model.initializers) {
    if (tensor.type !== "float32" || tensor.shape.length < LEAST_RANK) continue;
    whole.delete(name);
    addHalf(graph, name, tensor.shape, Uint16Array.from(tensor.data, numberToFloat16));
  }
  const halves = graph.build();
  return {
    ...model,
    nodes: [...halves.nodes, ...model.nodes],
    initializers: new Map([...whole, ...halves.initializers]),
  };
}
