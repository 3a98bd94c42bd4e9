/** @file The tensor of a Constant node, in whichever of its attributes it stands. */
import { intsAttribute } from "./model.ts";
import type { Node } from "./model.ts";
import type { Tensor } from "./tensor.ts";

/** The tensor a Constant node holds. */
export function constantTensor(node: Node): Tensor | undefined {
  const { value, value_float: float, value_int: int } = node.attributes;
  if (value?.kind === "tensor") return value.value;
  if (float?.kind === "float") return { type: "float32", shape: [], data: Float32Array.of(float.value) };
  if (int?.kind === "int") return { type: "int64", shape: [], data: BigInt64Array.of(BigInt(int.value)) };
  const listed = intsAttribute(node, "value_ints");
  if (listed) return { type: "int64", shape: [listed.length], data: BigInt64Array.from(listed, BigInt) };
  const floats = node.attributes["value_floats"];
  if (floats?.kind !== "floats") return undefined;
  return { type: "float32", shape: [floats.value.length], data: Float32Array.from(floats.value) };
}
