/** @file Operators that move values and change none: Identity, Flatten, Reshape, Transpose, Concat and so on. */
import { GraphError, describeNode, intAttribute, intsAttribute } from "../model.ts";
import type { Dimension, Shape } from "../model.ts";
import { positiveAxis, sameShape, staticSize } from "./rule.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "./rule.ts";

/** The gradient in the shape of the input. */
const reshapedBack = ({ graph, outputGradient, input }: GradientContext): readonly string[] => [
  graph.add("Reshape", [outputGradient, graph.add("Shape", [input(0)])]),
];

const passedOn = ({ outputGradient }: GradientContext): readonly string[] => [outputGradient];

/** The product of lengths: a number, the one unknown length, or a name that says what was multiplied. */
function productOf(dimensions: Shape): Dimension {
  const unknown = dimensions.filter((d) => d !== 1);
  return staticSize(dimensions) ?? (unknown.length === 1 ? (unknown[0] ?? 1) : dimensions.join("*"));
}

function flattenShape({ node, shape }: ShapeContext): Shape {
  const axis = intAttribute(node, "axis", 1);
  const split = axis < 0 ? axis + shape(0).length : axis;
  return [productOf(shape(0).slice(0, split)), productOf(shape(0).slice(split))];
}

function reshapeShape({ node, shape, lengths }: ShapeContext): Shape {
  const target = lengths(1);
  if (!target)
    throw new GraphError(`${describeNode(node)}: its target shape does not follow from known shapes`);
  const keepsZero = intAttribute(node, "allowzero", 0) === 1;
  const known = target.map((d, axis): Dimension => (d === 0 && !keepsZero ? (shape(0)[axis] ?? 1) : d));
  if (!known.includes(-1)) return known;
  // Lengths that stand on both sides cancel, so that a symbolic batch does not hide the rest.
  const left = [...shape(0)];
  for (const d of known) if (d !== -1 && left.includes(d)) left.splice(left.indexOf(d), 1);
  const rest = known.filter((d) => d !== -1 && !shape(0).includes(d));
  const [over, under] = [staticSize(left), staticSize(rest)];
  const inferred = over !== undefined && under !== undefined ? over / under : productOf(left);
  return known.map((d) => (d === -1 ? inferred : d));
}

function permutation({ node, shape }: ShapeContext): readonly number[] {
  return intsAttribute(node, "perm") ?? shape(0).map((_, axis) => shape(0).length - 1 - axis);
}

function axesOf({ node, constantInts }: ShapeContext): readonly number[] | undefined {
  return intsAttribute(node, "axes") ?? constantInts(1);
}

function unsqueezeShape(context: ShapeContext): Shape {
  const axes = axesOf(context) ?? [];
  const shape: Dimension[] = [...context.shape(0)];
  const rank = shape.length + axes.length;
  for (const axis of axes.map((a) => positiveAxis(a, rank, context.node)).toSorted((a, b) => a - b)) {
    shape.splice(axis, 0, 1);
  }
  return shape;
}

function squeezeShape(context: ShapeContext): Shape {
  const shape = context.shape(0);
  const axes = axesOf(context)?.map((axis) => positiveAxis(axis, shape.length, context.node));
  return shape.filter((d, axis) => (axes ? !axes.includes(axis) : d !== 1));
}

function concatShape({ node, shape }: ShapeContext): Shape {
  const shapes = node.inputs.map((_, index) => shape(index));
  const first = shapes[0] ?? [];
  const axis = positiveAxis(intAttribute(node, "axis", 0), first.length, node);
  const lengths = shapes.map((s) => s[axis] ?? 1);
  return first.map((d, i) => (i === axis ? (staticLengths(lengths) ?? lengths.join("+")) : d));
}

function staticLengths(lengths: Shape): number | undefined {
  return lengths.reduce<number | undefined>(
    (sum, d) => (sum === undefined || typeof d === "string" ? undefined : sum + d),
    0,
  );
}

/** Each input's part of the gradient. */
function concatGradient(context: GradientContext): readonly (string | undefined)[] {
  const { graph, node, outputGradient, shape, wants } = context;
  const axis = positiveAxis(intAttribute(node, "axis", 0), shape(0).length, node);
  let start = 0;
  return node.inputs.map((_, index) => {
    const length = shape(index)[axis];
    if (typeof length !== "number") {
      throw new GraphError(`${describeNode(node)}: input ${index} has no fixed length along axis ${axis}`);
    }
    const bounds = [[start], [start + length], [axis]].map((values) => graph.ints(values));
    start += length;
    return wants(index) ? graph.add("Slice", [outputGradient, ...bounds]) : undefined;
  });
}

export const layoutRules: OperatorRules = {
  Identity: { shape: sameShape, gradient: passedOn },
  Dropout: { shape: sameShape, gradient: passedOn },
  Flatten: { shape: flattenShape, gradient: reshapedBack },
  Reshape: { shape: reshapeShape, gradient: reshapedBack },
  Squeeze: { shape: squeezeShape, gradient: reshapedBack },
  Unsqueeze: { shape: unsqueezeShape, gradient: reshapedBack },
  Transpose: {
    shape: (context) => permutation(context).map((axis) => context.shape(0)[axis] ?? 1),
    gradient: (context) => {
      const perm = permutation(context);
      const inverse = perm.map((_, axis) => perm.indexOf(axis));
      return [context.graph.add("Transpose", [context.outputGradient], { perm: inverse })];
    },
  },
  Concat: { shape: concatShape, gradient: concatGradient },
};
