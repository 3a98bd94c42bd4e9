/**
 * @file What this project knows of an operator: the shape of its result, and its gradient.
 *
 * Both stand side by side in the file of the operator's family. Gradients are written with standard
 * operators of opset 13 or newer, so that any ONNX runtime can run them.
 */
import type { GraphBuilder } from "../builder.ts";
import { GraphError, describeNode } from "../model.ts";
import type { Dimension, Node, Shape } from "../model.ts";
import type { Tensor } from "../tensor.ts";

export interface ShapeContext {
  readonly node: Node;
  /** The model's operator set: what some attributes and inputs mean depends on it. */
  readonly opset: number;
  /** The shape of the input at `index`. @throws GraphError when it is not known */
  readonly shape: (index: number) => Shape;
  /** The constant at `index`, or undefined when the input is left out or computed. */
  readonly constant: (index: number) => Tensor | undefined;
  /** The integers of an input that is constant or follows from known shapes, else undefined. */
  readonly constantInts: (index: number) => readonly number[] | undefined;
  /** As `constantInts`, with names for the lengths that are known only when the model runs. */
  readonly lengths: (index: number) => Shape | undefined;
}

export interface GradientContext extends ShapeContext {
  /** The graph that the gradient's nodes are added to. */
  readonly graph: GraphBuilder;
  /** Name of the gradient of the node's first output. */
  readonly outputGradient: string;
  /** Names of the gradients of all outputs; undefined where `of` does not depend on the output. */
  readonly outputGradients: readonly (string | undefined)[];
  /** Name of the node's first output. */
  readonly output: string;
  /** The shape of the output at `index`. */
  readonly outputShape: (index: number) => Shape;
  /** Name of the input at `index`; "" where it is left out. */
  readonly input: (index: number) => string;
  /** Whether the gradient of the input at `index` is asked for. */
  readonly wants: (index: number) => boolean;
}

/** Names of the inputs' gradients by index; an input that is not wanted, or has none, may be left out. */
export type GradientRule = (context: GradientContext) => readonly (string | undefined)[];

export interface OperatorRule {
  /** Shape of the output at index `output`; a rule that ignores the index gives every output the same shape. */
  readonly shape: (context: ShapeContext, output: number) => Shape;
  /** "zero": the result does not change with its inputs, or only in steps (Shape, Greater, Floor). */
  readonly gradient?: GradientRule | "zero";
  /** Which outputs the gradient rule differentiates; all others may only be read. */
  readonly differentiates?: "first output" | "all outputs";
}

export type OperatorRules = Readonly<Record<string, OperatorRule>>;

/** The output has the first input's shape. */
export const sameShape = ({ shape }: ShapeContext): Shape => shape(0);

/**
 * An axis counted from the front.
 * @throws GraphError when it is outside the rank
 */
export function positiveAxis(axis: number, rank: number, node: Node): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (positive < 0 || positive >= rank) {
    throw new GraphError(`${describeNode(node)}: axis ${axis} is outside rank ${rank}`);
  }
  return positive;
}

/**
 * The length of an input along an axis counted from the front, for a rule that cannot do without.
 * @throws GraphError when it is known only when the model runs
 */
export function fixedLength({ node, shape }: ShapeContext, axis: number, index = 0): number {
  const length = shape(index)[axis];
  if (typeof length === "number") return length;
  throw new GraphError(
    `${describeNode(node)}: input ${index} has no fixed length along axis ${axis}; ` +
      `export the model with a fixed input size`,
  );
}

/** The product of lengths when all are known, else undefined. */
export function staticSize(dimensions: Shape): number | undefined {
  return dimensions.reduce<number | undefined>(
    (product, d) => (product === undefined || typeof d === "string" ? undefined : product * d),
    1,
  );
}

/**
 * The length two broadcast axes have together. A length known only by name is taken to be the one it meets: ONNX
 * Runtime checks it when the model runs.
 * @throws GraphError when they cannot be broadcast
 */
function broadcastDimension(a: Dimension, b: Dimension, node: Node): Dimension {
  if (a === b || b === 1) return a;
  if (a === 1 || typeof a === "string") return b;
  if (typeof b === "string") return a;
  throw new GraphError(`${describeNode(node)}: lengths ${a} and ${b} do not broadcast`);
}

/** The shape two shapes broadcast to (ONNX "Broadcasting", multidirectional). */
export function broadcastShapes(a: Shape, b: Shape, node: Node): Shape {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, axis: number): Dimension => shape[axis - (rank - shape.length)] ?? 1;
  return Array.from({ length: rank }, (_, axis) => broadcastDimension(at(a, axis), at(b, axis), node));
}

/**
 * The gradient of a value that was broadcast from `from` to `to`: summed over the axes it was repeated along.
 * @param gradient name of the gradient, of shape `to`
 * @param value name of the value itself, of shape `from`
 */
export function sumToShape(
  graph: GraphBuilder,
  gradient: string,
  value: string,
  from: Shape,
  to: Shape,
): string {
  const added = to.length - from.length;
  const axes = to.flatMap((dimension, axis) =>
    axis < added || (from[axis - added] === 1 && dimension !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return gradient;
  const summed = graph.add("ReduceSum", [gradient, graph.ints(axes)], { keepdims: 1 });
  return added > 0 ? graph.add("Reshape", [summed, graph.add("Shape", [value])]) : summed;
}
