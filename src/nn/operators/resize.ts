/**
 * @file Resize: nearest, linear and cubic (ONNX operator Resize, version 19).
 *
 * Along each axis the result is a constant matrix times the input, and the gradient its transpose.
 */
import { GraphError, describeNode, floatAttribute, intAttribute, intsAttribute } from "../model.ts";
import type { Node, Shape } from "../model.ts";
import { applyTransposed, matrixOf } from "./along-axis.ts";
import type { Matrix } from "./along-axis.ts";
import { fixedLength, positiveAxis } from "./rule.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "./rule.ts";

/** One axis that is resized. ONNX Runtime computes in float32: so do we, or a nearest neighbour could differ. */
interface ResizedAxis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  /** `to / from`, or the scale as it is given, which may be a little more. */
  readonly scale: number;
}

function text({ attributes }: Node, name: string, otherwise: string): string {
  const attribute = attributes[name];
  return attribute?.kind === "string" ? attribute.value : otherwise;
}

/** The lengths asked for, `[]` where scales are given instead. */
function sizesOf({ node, lengths }: ShapeContext): Shape {
  if (!node.inputs[3]) return [];
  const sizes = lengths(3);
  if (!sizes) throw new GraphError(`${describeNode(node)}: its sizes do not follow from known shapes`);
  return sizes;
}

function scalesOf({ node, constant }: ShapeContext): readonly number[] {
  const scales = constant(2);
  if (node.inputs[2] && !scales) throw new GraphError(`${describeNode(node)}: its scales are not constant`);
  return Array.from(scales?.data ?? [], Number);
}

/** The axes whose length or sampling changes. */
function resizedAxes(context: ShapeContext): readonly ResizedAxis[] {
  const { node, shape } = context;
  const [sizes, scales] = [sizesOf(context), scalesOf(context)];
  if (sizes.length > 0 && text(node, "keep_aspect_ratio_policy", "stretch") !== "stretch") {
    throw new GraphError(
      `${describeNode(node)}: only the policy "stretch" of keep_aspect_ratio_policy is supported`,
    );
  }
  const axes = intsAttribute(node, "axes") ?? shape(0).map((_, axis) => axis);
  return axes.flatMap((given, index): ResizedAxis[] => {
    const axis = positiveAxis(given, shape(0).length, node);
    const [size, scale = 1] = [sizes[index], scales[index]];
    // A batch of a size known only by name is taken to be the one written down: no network resizes along it.
    const isKept = size === shape(0)[axis] || (axis < 2 && typeof shape(0)[axis] === "string");
    if (size === undefined ? scale === 1 : isKept) return [];
    const from = fixedLength(context, axis);
    if (size === undefined) return [{ axis, from, to: Math.floor(Math.fround(from * scale)), scale }];
    if (typeof size === "number") return [{ axis, from, to: size, scale: Math.fround(size / from) }];
    throw new GraphError(`${describeNode(node)}: the length "${size}" of axis ${axis} must be known`);
  });
}

function resizeShape(context: ShapeContext): Shape {
  const resized = new Map(resizedAxes(context).map(({ axis, to }) => [axis, to]));
  return context.shape(0).map((length, axis) => resized.get(axis) ?? length);
}

const halfPixel = (index: number, scale: number): number =>
  Math.fround(Math.fround(Math.fround(index + 0.5) / scale) - 0.5);

/** Where on the input the sample at `index` of the output lies. */
const COORDINATES: Readonly<Record<string, (index: number, axis: ResizedAxis) => number>> = {
  half_pixel: (index, { scale }) => halfPixel(index, scale),
  pytorch_half_pixel: (index, { scale, to }) => (to > 1 ? halfPixel(index, scale) : 0),
  half_pixel_symmetric: (index, { scale, from, to }) =>
    (from / 2) * (1 - to / (scale * from)) + halfPixel(index, scale),
  align_corners: (index, { from, to }) => (to > 1 ? Math.fround((index * (from - 1)) / (to - 1)) : 0),
  asymmetric: (index, { scale }) => Math.fround(index / scale),
};

const ROUNDINGS: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Neighbours by index and weight; an index beyond the edge stands for the edge. */
type Neighbours = (x: number) => readonly (readonly [index: number, weight: number])[];

/** Weights of the cubic convolution (Keys 1981) for a point `t` after the second of four neighbours. */
function cubicWeights(t: number, a: number): readonly number[] {
  const near = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

function neighboursOf(node: Node): Neighbours {
  const mode = text(node, "mode", "nearest");
  if (mode === "linear") {
    return (x) => [
      [Math.floor(x), Math.floor(x) + 1 - x],
      [Math.floor(x) + 1, x - Math.floor(x)],
    ];
  }
  if (mode === "cubic") {
    const a = floatAttribute(node, "cubic_coeff_a", -0.75);
    return (x) => cubicWeights(x - Math.floor(x), a).map((weight, i) => [Math.floor(x) - 1 + i, weight]);
  }
  const rounding = ROUNDINGS[text(node, "nearest_mode", "round_prefer_floor")];
  if (mode !== "nearest" || !rounding) {
    throw new GraphError(`${describeNode(node)}: mode "${mode}" or its nearest_mode has no gradient rule`);
  }
  return (x) => [[rounding(x), 1]];
}

/** The matrix `[to, from]` that resizes one axis. */
function resizeMatrix(node: Node, axis: ResizedAxis): Matrix {
  const transformation = text(node, "coordinate_transformation_mode", "half_pixel");
  const coordinate = COORDINATES[transformation];
  if (!coordinate) {
    throw new GraphError(`${describeNode(node)}: coordinates "${transformation}" have no gradient rule`);
  }
  if (intAttribute(node, "antialias", 0) || intAttribute(node, "exclude_outside", 0)) {
    throw new GraphError(`${describeNode(node)}: antialias and exclude_outside have no gradient rule`);
  }
  const { from, to } = axis;
  const neighbours = neighboursOf(node);
  const entries = Array.from({ length: to }, (_, row) =>
    neighbours(coordinate(row, axis)).map(
      ([index, weight]) => [row, Math.min(Math.max(index, 0), from - 1), weight] as const,
    ),
  );
  return matrixOf(to, from, entries.flat());
}

export const resizeRules: OperatorRules = {
  Resize: {
    shape: resizeShape,
    gradient: (context: GradientContext) => {
      const { graph, node, outputGradient, shape } = context;
      const rank = shape(0).length;
      return [
        resizedAxes(context).reduce(
          (gradient, axis) => applyTransposed(graph, gradient, resizeMatrix(node, axis), axis.axis, rank),
          outputGradient,
        ),
      ];
    },
  },
};
