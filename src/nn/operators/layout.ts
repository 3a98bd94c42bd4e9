/** @file Operators that move or repeat values and change none: Identity, Flatten, Reshape, Transpose, Expand and so on. */
import { GraphError, describeNode, intAttribute, intsAttribute } from "../model.ts";
import type { Dimension, Shape } from "../model.ts";
import { productOf, quotientOf } from "./dimension.ts";
import { broadcastShapes, positiveAxis, sameShape, sumToShape } from "./rule.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "./rule.ts";

/** The gradient in the shape of the input. */
const reshapedBack = ({ graph, outputGradient, input }: GradientContext): readonly string[] => [
  graph.add("Reshape", [outputGradient, graph.add("Shape", [input(0)])]),
];

const passedOn = ({ outputGradient }: GradientContext): readonly string[] => [outputGradient];

function flattenShape({ node, shape }: ShapeContext): Shape {
  const axis = intAttribute(node, "axis", 1);
  const split = axis < 0 ? axis + shape(0).length : axis;
  return [productOf(shape(0).slice(0, split)), productOf(shape(0).slice(split))];
}

/** A target shape. @throws GraphError when it is computed from something other than shapes */
function targetShape({ node, lengths }: ShapeContext): Shape {
  const target = lengths(1);
  if (target) return target;
  throw new GraphError(`${describeNode(node)}: its target shape does not follow from known shapes`);
}

function reshapeShape(context: ShapeContext): Shape {
  const { node, shape } = context;
  const keepsZero = intAttribute(node, "allowzero", 0) === 1;
  const known = targetShape(context).map((d, axis): Dimension =>
    d === 0 && !keepsZero ? (shape(0)[axis] ?? 1) : d,
  );
  const inferred = () =>
    quotientOf(
      shape(0),
      known.filter((d) => d !== -1),
    );
  return known.map((d) => (d === -1 ? inferred() : d));
}

function permutation({ node, shape }: ShapeContext): readonly number[] {
  return intsAttribute(node, "perm") ?? shape(0).map((_, axis) => shape(0).length - 1 - axis);
}

function axesOf({ node, constantInts }: ShapeContext): readonly number[] | undefined {
  const axes = intsAttribute(node, "axes") ?? constantInts(1);
  if (axes || !node.inputs[1]) return axes;
  throw new GraphError(
    `${describeNode(node)}: its axes are computed when the model runs; make them constant`,
  );
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

/** Dropout passes everything on, unless the graph is a training graph. */
function dropoutGradient(context: GradientContext): readonly string[] {
  const training = context.constant(2)?.data[0];
  if (!context.node.inputs[2] || training === 0) return passedOn(context);
  throw new GraphError(
    `${describeNode(context.node)} is in training mode; export the model for inference (PyTorch: model.eval())`,
  );
}

export const layoutRules: OperatorRules = {
  Identity: { shape: sameShape, gradient: passedOn },
  Dropout: { shape: sameShape, gradient: dropoutGradient },
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
  Expand: {
    shape: (context) => broadcastShapes(context.shape(0), targetShape(context), context.node),
    gradient: ({ graph, outputGradient, input, shape, outputShape }) => [
      sumToShape(graph, outputGradient, input(0), shape(0), outputShape(0)),
    ],
  },
};
