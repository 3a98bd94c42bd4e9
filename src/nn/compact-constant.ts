/**
 * @file Constants kept small in the file: 8-bit with a scale, or half precision. A few nodes make float32 of them,
 * which ONNX Runtime does once, when it loads the model (constant folding).
 */
import type { GraphBuilder } from "./builder.ts";
import { ELEMENT_TYPES } from "./tensor.ts";

/** Values are `data · scale + min`. */
export interface Quantised {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  readonly scale: number;
  readonly min: number;
}

const TO_FLOAT32 = { to: ELEMENT_TYPES.float32 };

/** Add an 8-bit constant; gives the name of its float32 value. */
export function addQuantised(
  graph: GraphBuilder,
  name: string,
  { shape, data, scale, min }: Quantised,
): string {
  const stored = graph.constant({ type: "uint8", shape, data }, `${name}/uint8`);
  const steps = graph.add("Cast", [stored], TO_FLOAT32);
  return graph.add("Add", [graph.add("Mul", [steps, graph.scalar(scale)]), graph.scalar(min)], {}, name);
}

/** Add a half-precision constant, given by its bits; gives the name of its float32 value. */
export function addHalf(
  graph: GraphBuilder,
  name: string,
  shape: readonly number[],
  data: Uint16Array,
): string {
  const stored = graph.constant({ type: "float16", shape, data }, `${name}/float16`);
  return graph.add("Cast", [stored], TO_FLOAT32, name);
}
