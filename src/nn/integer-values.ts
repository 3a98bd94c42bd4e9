/**
 * @file Integers a graph computes from shapes: the `Shape → Gather → Concat → Reshape` chains of exporters.
 *
 * Followed with names for unknown lengths, so that `[N, 3, 224, 224]` reshaped to `[Shape(x)[0], -1]` is
 * `[N, 150528]`. What is not understood is undefined, never guessed.
 */
import { intAttribute, intsAttribute } from "./model.ts";
import type { Dimension, Node, Shape } from "./model.ts";
import { ELEMENT_TYPES, sizeOf } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

/** A small tensor of integers, in row-major order; the truth values of "bool" are 0 and 1. */
export interface IntegerValue {
  readonly type: "int64" | "bool";
  readonly shape: readonly number[];
  readonly values: Shape;
}

/** What is known of a node's inputs. */
export interface IntegerContext {
  readonly node: Node;
  readonly shape: (index: number) => Shape | undefined;
  readonly value: (index: number) => IntegerValue | undefined;
}

type IntegerRule = (context: IntegerContext) => IntegerValue | undefined;

/** Larger tensors are weights, not shapes. */
const LARGEST = 256;

/** The integers of a constant of type int64. */
export function integersOf({ type, shape, data }: Tensor): IntegerValue | undefined {
  if (type !== "int64" || data.length > LARGEST) return undefined;
  return { type, shape, values: Array.from(data, Number) };
}

/** A tensor of integers that are all known. */
export function integerTensor({ type, shape, values }: IntegerValue): Tensor | undefined {
  if (!values.every((value) => typeof value === "number")) return undefined;
  return type === "bool"
    ? { type, shape, data: Uint8Array.from(values) }
    : { type, shape, data: BigInt64Array.from(values, BigInt) };
}

function valueOf(
  shape: readonly number[],
  values: readonly (Dimension | undefined)[],
  type: IntegerValue["type"] = "int64",
): IntegerValue | undefined {
  const known = values.every((value) => value !== undefined) && values.length === sizeOf(shape);
  return known && values.length <= LARGEST ? { type, shape, values } : undefined;
}

/** The numbers of an input, when all of them are known. */
function numbersAt({ value }: IntegerContext, index: number): readonly number[] | undefined {
  const values = value(index)?.values;
  return values?.every((v) => typeof v === "number") ? values : undefined;
}

/** Elements of `from` chosen by their place: `place` maps an index of the result to one of `from`. */
function chosen(
  from: IntegerValue,
  shape: readonly number[],
  place: (index: readonly number[]) => readonly number[],
): IntegerValue | undefined {
  const offset = (index: readonly number[]): number =>
    from.shape.reduce((sum, length, axis) => sum * length + (index[axis] ?? 0), 0);
  const indexOf = (flat: number): readonly number[] =>
    shape.map((length, axis) => Math.floor(flat / sizeOf(shape.slice(axis + 1))) % length);
  const values = Array.from(
    { length: sizeOf(shape) },
    (_, flat) => from.values[offset(place(indexOf(flat)))],
  );
  return valueOf(shape, values, from.type);
}

const shapeRule: IntegerRule = ({ node, shape }) => {
  const all = shape(0);
  const axes = all?.slice(intAttribute(node, "start", 0), intAttribute(node, "end", all.length));
  return axes && valueOf([axes.length], axes);
};

const gather: IntegerRule = (context) => {
  const [data, indices, numbers] = [context.value(0), context.value(1), numbersAt(context, 1)];
  if (data?.shape.length !== 1 || !indices || !numbers) return undefined;
  return valueOf(
    indices.shape,
    numbers.map((i) => data.values.at(i)),
  );
};

const slice: IntegerRule = (context) => {
  const data = context.value(0);
  const [starts, ends] = [numbersAt(context, 1), numbersAt(context, 2)];
  if (!data || !starts || !ends) return undefined;
  const axes = numbersAt(context, 3) ?? starts.map((_, axis) => axis);
  const steps = numbersAt(context, 4) ?? starts.map(() => 1);
  const cut = data.shape.map((length, axis) => {
    const given = axes.findIndex((a) => (a < 0 ? a + data.shape.length : a) === axis);
    const step = steps[given] ?? 1;
    const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
    const inside = (bound: number): number =>
      Math.min(Math.max(bound < 0 ? bound + length : bound, lowest), highest);
    const start = given < 0 ? 0 : inside(starts[given] ?? 0);
    const end = given < 0 ? length : inside(ends[given] ?? 0);
    return { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return chosen(
    data,
    cut.map(({ count }) => count),
    (index) => cut.map(({ start, step }, axis) => start + step * (index[axis] ?? 0)),
  );
};

const transpose: IntegerRule = ({ node, value }) => {
  const data = value(0);
  const perm =
    intsAttribute(node, "perm") ?? data?.shape.map((_, axis, { length }) => length - 1 - axis) ?? [];
  const shape = perm.map((axis) => data?.shape[axis] ?? 0);
  return data && chosen(data, shape, (index) => data.shape.map((_, axis) => index[perm.indexOf(axis)] ?? 0));
};

const concat: IntegerRule = ({ node, value }) => {
  const parts = node.inputs.map((_, index) => value(index));
  if (!parts.every((part) => part?.shape.length === 1)) return undefined;
  const values = parts.flatMap((part) => part?.values ?? []);
  return valueOf([values.length], values);
};

const reshape: IntegerRule = (context) => {
  const [data, target] = [context.value(0), numbersAt(context, 1)];
  if (!data || !target || target.includes(0)) return undefined;
  const rest = Math.abs(sizeOf(target));
  return valueOf(
    target.map((length) => (length === -1 ? data.values.length / rest : length)),
    data.values,
    data.type,
  );
};

/** A scalar made a list of one, or the other way round. */
const withRank =
  (rank: 0 | 1): IntegerRule =>
  ({ value }) => {
    const given = value(0);
    if (!given || given.shape.length > 1) return undefined;
    return valueOf(rank === 1 ? [given.values.length] : [], given.values);
  };

const constantOfShape: IntegerRule = (context) => {
  const { value } = context.node.attributes;
  const shape = numbersAt(context, 0);
  const filled = value?.kind === "tensor" ? integersOf(value.value)?.values[0] : undefined;
  return shape && filled !== undefined && sizeOf(shape) <= LARGEST
    ? valueOf(shape, new Array<Dimension>(sizeOf(shape)).fill(filled))
    : undefined;
};

/** Elementwise on lists of one length, or a list and a single number. */
function elementwise(
  combine: (...operands: readonly Dimension[]) => Dimension | undefined,
  type: IntegerValue["type"] = "int64",
): IntegerRule {
  return ({ node, value }) => {
    const operands = node.inputs.map((_, index) => value(index));
    if (!operands.every((operand) => operand !== undefined)) return undefined;
    const shape = operands.map((operand) => operand.shape).reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
    const values = Array.from({ length: sizeOf(shape) }, (_, i) => {
      const at = operands.map(({ values: all }) => all[all.length === 1 ? 0 : i]);
      return at.every((v) => v !== undefined) ? combine(...at) : undefined;
    });
    return valueOf(shape, values, type);
  };
}

/** Arithmetic; a name stays one only where nothing happens to it. */
function arithmetic(
  neutral: number,
  commutes: boolean,
  apply: (a: number, b: number) => number,
): IntegerRule {
  return elementwise((a = neutral, b = neutral) => {
    if (typeof a === "number" && typeof b === "number") return apply(a, b);
    if (b === neutral) return a;
    return commutes && a === neutral ? b : undefined;
  });
}

const RULES: Readonly<Record<string, IntegerRule>> = {
  Shape: shapeRule,
  Gather: gather,
  Slice: slice,
  Transpose: transpose,
  Concat: concat,
  Reshape: reshape,
  Unsqueeze: withRank(1),
  Squeeze: withRank(0),
  ConstantOfShape: constantOfShape,
  Identity: ({ value }) => value(0),
  Cast: ({ node, value }) => (intAttribute(node, "to", 0) === ELEMENT_TYPES.int64 ? value(0) : undefined),
  Add: arithmetic(0, true, (a, b) => a + b),
  Sub: arithmetic(0, false, (a, b) => a - b),
  Mul: arithmetic(1, true, (a, b) => a * b),
  Div: arithmetic(1, false, (a, b) => Math.trunc(a / b)),
  // A named length is positive: it is never the -1 that exporters compare with.
  Equal: elementwise(
    (a, b) => (a === b ? 1 : typeof a === typeof b && typeof a === "string" ? undefined : 0),
    "bool",
  ),
  Where: elementwise((condition, a, b) => (condition === 1 ? a : b)),
};

/** The integers a node computes, as far as they follow from shapes and constants. */
export function integersOfNode(context: IntegerContext): IntegerValue | undefined {
  return RULES[context.node.operator]?.(context);
}
