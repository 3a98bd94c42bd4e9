/**
 * @file Which constants of a model are weights: what training changes, and what it leaves.
 */
import type { Model } from "./model.ts";

/** Operator → the places of its inputs that are weights. Running statistics, epsilons and limits are none. */
const WEIGHT_INPUTS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  PRelu: [1],
  Add: [0, 1],
  Mul: [0, 1],
};

/** Float32 constants with more than one element that stand where an operator has its weights, in the graph's order. */
export function differentiableParameters({ nodes, initializers }: Model): string[] {
  const found = new Set<string>();
  for (const { operator, inputs } of nodes) {
    for (const place of WEIGHT_INPUTS[operator] ?? []) {
      const tensor = initializers.get(inputs[place] ?? "");
      if (tensor?.type === "float32" && tensor.data.length > 1) found.add(inputs[place] ?? "");
    }
  }
  return [...found];
}
