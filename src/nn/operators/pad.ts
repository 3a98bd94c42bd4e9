/** @file Pad: constant, reflect, edge and wrap. */
import { GraphError, describeNode, intsAttribute } from "../model.ts";
import type { Node, Shape } from "../model.ts";
import { applyTransposed, matrixOf } from "./along-axis.ts";
import { sumOf } from "./dimension.ts";
import { fixedLength, positiveAxis } from "./rule.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "./rule.ts";

/** Elements added before and after, for every axis; negative where they are cut off. */
function padsOf(context: ShapeContext): readonly (readonly [before: number, after: number])[] {
  const { node, shape, constantInts } = context;
  const rank = shape(0).length;
  const pads = intsAttribute(node, "pads") ?? constantInts(1);
  if (!pads) throw new GraphError(`${describeNode(node)}: its pads are computed when the model runs`);
  const axes = constantInts(3) ?? Array.from({ length: rank }, (_, axis) => axis);
  const places = axes.map((axis) => positiveAxis(axis, rank, node));
  return shape(0).map((_, axis) => {
    const place = places.indexOf(axis);
    return place < 0 ? [0, 0] : [pads[place] ?? 0, pads[place + axes.length] ?? 0];
  });
}

function padShape(context: ShapeContext): Shape {
  const pads = padsOf(context);
  return context.shape(0).map((length, axis) => {
    const [before, after] = pads[axis] ?? [0, 0];
    return sumOf([length, before + after]);
  });
}

/** Where the element at `index`, counted from the first that is not padding, is copied from. */
type Source = (index: number, length: number) => number;

const modulo = (value: number, period: number): number => ((value % period) + period) % period;

const SOURCES: Readonly<Record<string, Source>> = {
  edge: (index, length) => Math.min(Math.max(index, 0), length - 1),
  // 2 1 | 0 1 2 3 | 2 1: the edge itself is not repeated.
  reflect: (index, length) => {
    const place = modulo(index, Math.max(1, 2 * (length - 1)));
    return place < length ? place : 2 * (length - 1) - place;
  },
  wrap: modulo,
};

function modeOf({ attributes: { mode } }: Node): string {
  return mode?.kind === "string" ? mode.value : "constant";
}

function padGradient(context: GradientContext): readonly string[] {
  const { graph, node, outputGradient, shape } = context;
  const pads = padsOf(context);
  if (modeOf(node) === "constant") {
    const cut = [...pads.map(([before]) => -before), ...pads.map(([, after]) => -after)];
    return [graph.add("Pad", [outputGradient, graph.ints(cut)])];
  }
  const source = SOURCES[modeOf(node)];
  if (!source) throw new GraphError(`${describeNode(node)}: mode "${modeOf(node)}" has no gradient rule`);
  const rank = shape(0).length;
  return [
    pads.reduce((gradient, [before, after], axis) => {
      if (before === 0 && after === 0) return gradient;
      const length = fixedLength(context, axis);
      const padded = Math.max(0, length + before + after);
      const copies = Array.from({ length: padded }, (_, i) => [i, source(i - before, length), 1] as const);
      return applyTransposed(graph, gradient, matrixOf(padded, length, copies), axis, rank);
    }, outputGradient),
  ];
}

export const padRules: OperatorRules = { Pad: { shape: padShape, gradient: padGradient } };
