/**
 * @file Integers a graph computes from shapes: the `Shape → Gather → Concat → Reshape` chains of exporters.
 *
 * Followed with names for unknown lengths, so that `[N, 3, 224, 224]` reshaped to `[Shape(x)[0], -1]` is
 * `[N, 150528]`. Scalars and lists; what is not understood is undefined, never guessed.
 */
import { intAttribute, intsAttribute } from "./model.ts";
import type { Dimension, Node, Shape } from "./model.ts";
import { ELEMENT_TYPES, sizeOf } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

export interface IntegerValue {
  /** 0 for a scalar, 1 for a list. */
  readonly rank: 0 | 1;
  readonly values: Shape;
}

/** What is known of a node's inputs. */
export interface IntegerContext {
  readonly node: Node;
  readonly shape: (index: number) => Shape | undefined;
  readonly value: (index: number) => IntegerValue | undefined;
}

type IntegerRule = (context: IntegerContext) => IntegerValue | undefined;

/** The integers of a constant of type int64 and rank 0 or 1. */
export function integersOf(tensor: Tensor): IntegerValue | undefined {
  const { type, shape, data } = tensor;
  if (type !== "int64" || shape.length > 1) return undefined;
  return { rank: shape.length === 0 ? 0 : 1, values: Array.from(data, Number) };
}

const list = (values: Shape): IntegerValue => ({ rank: 1, values });

/** The only element, when it is a known number. */
function single(value: IntegerValue | undefined): number | undefined {
  const [only] = value?.values ?? [];
  return value?.values.length === 1 && typeof only === "number" ? only : undefined;
}

function shapeSlice({ node, shape }: IntegerContext): IntegerValue | undefined {
  const all = shape(0);
  return all && list(all.slice(intAttribute(node, "start", 0), intAttribute(node, "end", all.length)));
}

function gather({ value }: IntegerContext): IntegerValue | undefined {
  const [data, indices] = [value(0), value(1)];
  if (!data || !indices) return undefined;
  const values = indices.values.map((i) => (typeof i === "number" ? data.values.at(i) : undefined));
  return values.every((v) => v !== undefined) ? { rank: indices.rank, values } : undefined;
}

function slice({ node, value }: IntegerContext): IntegerValue | undefined {
  const data = value(0);
  const [start, end] = [single(value(1)), single(value(2))];
  const step = node.inputs[4] ? single(value(4)) : 1;
  return data && start !== undefined && end !== undefined && step === 1
    ? list(data.values.slice(start, end))
    : undefined;
}

function concat({ node, value }: IntegerContext): IntegerValue | undefined {
  const parts = node.inputs.map((_, index) => value(index));
  return parts.every((part) => part !== undefined) ? list(parts.flatMap(({ values }) => values)) : undefined;
}

/** A scalar made a list of one, or the other way round. */
const withRank =
  (rank: 0 | 1): IntegerRule =>
  ({ value }) => {
    const given = value(0);
    return given && (rank === 1 || given.values.length === 1) ? { rank, values: given.values } : undefined;
  };

/** Elementwise arithmetic; a name stays one only where nothing happens to it. */
function arithmetic(
  neutral: number,
  commutes: boolean,
  apply: (a: number, b: number) => number,
): IntegerRule {
  const combine = (a: Dimension, b: Dimension): Dimension | undefined => {
    if (typeof a === "number" && typeof b === "number") return apply(a, b);
    if (b === neutral) return a;
    return commutes && a === neutral ? b : undefined;
  };
  return ({ value }) => {
    const [a, b] = [value(0), value(1)];
    if (!a || !b) return undefined;
    const length = Math.max(a.values.length, b.values.length);
    const at = ({ values }: IntegerValue, i: number) => values[values.length === 1 ? 0 : i];
    const values = Array.from({ length }, (_, i) => {
      const [left, right] = [at(a, i), at(b, i)];
      return left === undefined || right === undefined ? undefined : combine(left, right);
    });
    const rank = a.rank === 0 && b.rank === 0 ? 0 : 1;
    return values.every((v) => v !== undefined) ? { rank, values } : undefined;
  };
}

const RULES: Readonly<Record<string, IntegerRule>> = {
  Shape: shapeSlice,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Unsqueeze: withRank(1),
  Squeeze: withRank(0),
  Identity: ({ value }) => value(0),
  Cast: ({ node, value }) => (intAttribute(node, "to", 0) === ELEMENT_TYPES.int64 ? value(0) : undefined),
  Add: arithmetic(0, true, (a, b) => a + b),
  Sub: arithmetic(0, false, (a, b) => a - b),
  Mul: arithmetic(1, true, (a, b) => a * b),
  Div: arithmetic(1, false, (a, b) => Math.trunc(a / b)),
};

/** The integers a node computes, as far as they follow from shapes and constants. */
export function integersOfNode(context: IntegerContext): IntegerValue | undefined {
  return RULES[context.node.operator]?.(context);
}

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

/** A tensor of integers that are all known. */
export function integerTensor({ rank, values }: IntegerValue): Tensor | undefined {
  if (!values.every((v) => typeof v === "number")) return undefined;
  const shape = rank === 0 ? [] : [values.length];
  return sizeOf(shape) === values.length
    ? { type: "int64", shape, data: BigInt64Array.from(values, BigInt) }
    : undefined;
}
