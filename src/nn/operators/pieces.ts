/** @file Operators that put values together or take parts of them: Concat, Split, Slice, Gather. */
import { GraphError, describeNode, intAttribute, intsAttribute } from "../model.ts";
import type { Dimension, Shape } from "../model.ts";
import { applyTransposed, matrixOf } from "./along-axis.ts";
import { sumOf } from "./dimension.ts";
import { fixedLength, positiveAxis, staticSize } from "./rule.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "./rule.ts";

function axisOf({ node, shape }: ShapeContext): number {
  return positiveAxis(intAttribute(node, "axis", 0), shape(0).length, node);
}

function concatShape(context: ShapeContext): Shape {
  const { node, shape } = context;
  const axis = axisOf(context);
  const length = sumOf(node.inputs.map((_, index) => shape(index)[axis] ?? 1));
  return shape(0).map((d, i) => (i === axis ? length : d));
}

/** Each input's part of the gradient. */
function concatGradient(context: GradientContext): readonly (string | undefined)[] {
  const { graph, node, outputGradient, wants } = context;
  const axis = axisOf(context);
  let start = 0;
  return node.inputs.map((_, index) => {
    const length = fixedLength(context, axis, index);
    const bounds = [[start], [start + length], [axis]].map((values) => graph.ints(values));
    start += length;
    return wants(index) ? graph.add("Slice", [outputGradient, ...bounds]) : undefined;
  });
}

/** Lengths of the pieces: as given, or equal with a shorter last one. */
function splitLengths(context: ShapeContext): readonly number[] {
  const { node, constantInts } = context;
  const given = intsAttribute(node, "split") ?? constantInts(1);
  if (given) return given;
  if (node.inputs[1])
    throw new GraphError(`${describeNode(node)}: the lengths of its pieces are not constant`);
  const whole = fixedLength(context, axisOf(context));
  const each = Math.ceil(whole / node.outputs.length);
  return node.outputs.map((_, index) => Math.min(each, whole - index * each));
}

/** The pieces' gradients put together; zeros for a piece that nothing depends on. */
function splitGradient(context: GradientContext): readonly string[] {
  const { graph, node, outputGradients } = context;
  const pieces = node.outputs.map(
    (output, index) => outputGradients[index] ?? graph.add("ConstantOfShape", [graph.add("Shape", [output])]),
  );
  return [graph.add("Concat", pieces, { axis: axisOf(context) })];
}

/** What a Slice takes along one axis: `count` elements from `start` on, `step` apart. */
interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Bounds are counted from the end where negative, and moved inside the axis (ONNX operator Slice). */
function cuts(context: ShapeContext): readonly Cut[] {
  const { node, shape, constantInts } = context;
  const [starts, ends] = [constantInts(1), constantInts(2)];
  if (!starts || !ends) throw new GraphError(`${describeNode(node)}: its bounds are not constant`);
  const axes = constantInts(3) ?? starts.map((_, index) => index);
  const steps = constantInts(4) ?? starts.map(() => 1);
  return axes.map((given, index): Cut => {
    const axis = positiveAxis(given, shape(0).length, node);
    const length = fixedLength(context, axis);
    const step = steps[index] ?? 1;
    const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
    const inside = (bound: number): number =>
      Math.min(Math.max(bound < 0 ? bound + length : bound, lowest), highest);
    const start = inside(starts[index] ?? 0);
    return { axis, start, step, count: Math.max(0, Math.ceil((inside(ends[index] ?? 0) - start) / step)) };
  });
}

/** A Slice that takes everything of an axis whose length is not known keeps it. */
function isWhole(context: ShapeContext): boolean {
  const { constantInts } = context;
  const steps = constantInts(4) ?? [1];
  return [
    constantInts(1)?.every((start) => start === 0),
    constantInts(2)?.every((end) => end > 2 ** 31 - 2),
    steps.every((step) => step === 1),
  ].every((test) => test === true);
}

function sliceShape(context: ShapeContext): Shape {
  if (isWhole(context)) return context.shape(0);
  const shape: Dimension[] = [...context.shape(0)];
  for (const { axis, count } of cuts(context)) shape[axis] = count;
  return shape;
}

/** The gradient back at its place among zeros: padded for neighbours, scattered by a matrix for larger steps. */
function sliceGradient(context: GradientContext): readonly string[] {
  const { graph, outputGradient, shape } = context;
  if (isWhole(context)) return [outputGradient];
  const rank = shape(0).length;
  const pads = new Array<number>(2 * rank).fill(0);
  let gradient = outputGradient;
  for (const { axis, start, step, count } of cuts(context)) {
    const length = fixedLength(context, axis);
    if (step === 1) {
      pads[axis] = start;
      pads[axis + rank] = length - start - count;
    } else {
      const taken = Array.from({ length: count }, (_, i) => [i, start + i * step, 1] as const);
      gradient = applyTransposed(graph, gradient, matrixOf(count, length, taken), axis, rank);
    }
  }
  return [pads.some((pad) => pad > 0) ? graph.add("Pad", [gradient, graph.ints(pads)]) : gradient];
}

function gatherShape(context: ShapeContext): Shape {
  const axis = axisOf(context);
  return [...context.shape(0).slice(0, axis), ...context.shape(1), ...context.shape(0).slice(axis + 1)];
}

/** A length Reshape is to find out, where it is not known. */
const lengthOrAny = (dimensions: Shape): number => staticSize(dimensions) ?? -1;

/** Each row of the gradient added where it was taken from: a product with the one-hot matrix of the indices. */
function gatherGradient(context: GradientContext): readonly string[] {
  const { graph, node, outputGradient, shape, input } = context;
  const axis = axisOf(context);
  const [before, after] = [lengthOrAny(shape(0).slice(0, axis)), lengthOrAny(shape(0).slice(axis + 1))];
  const count = staticSize(shape(1));
  if (count === undefined || (before < 0 && after < 0)) {
    throw new GraphError(`${describeNode(node)}: more than one length of its result is unknown`);
  }
  const depth = graph.ints([fixedLength(context, axis)]);
  const indices = graph.add("Reshape", [input(1), graph.ints([count])]);
  const values = graph.constant({ type: "float32", shape: [2], data: Float32Array.of(0, 1) });
  const places = graph.add("OneHot", [indices, depth, values], { axis: 0 });
  const rows = graph.add("Reshape", [outputGradient, graph.ints([before, count, after])]);
  const added = graph.add("MatMul", [places, rows]);
  return [graph.add("Reshape", [added, graph.add("Shape", [input(0)])])];
}

export const pieceRules: OperatorRules = {
  Concat: { shape: concatShape, gradient: concatGradient },
  Split: {
    shape: (context, output) => {
      const length = splitLengths(context)[output] ?? 0;
      return context.shape(0).map((d, axis) => (axis === axisOf(context) ? length : d));
    },
    gradient: splitGradient,
    differentiates: "all outputs",
  },
  Slice: { shape: sliceShape, gradient: sliceGradient },
  Gather: { shape: gatherShape, gradient: gatherGradient },
};
