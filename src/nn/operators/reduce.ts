/** @file Reductions: ReduceSum, ReduceMean, ReduceMax, and pooling over the whole image. */
import { intAttribute, intsAttribute } from "../model.ts";
import type { Shape } from "../model.ts";
import type { GraphBuilder } from "../builder.ts";
import { positiveAxis, staticSize } from "./rule.ts";
import type { GradientContext, OperatorRule, OperatorRules, ShapeContext } from "./rule.ts";

/** Which axes are reduced, and whether they stay with length 1. */
interface Reduction {
  readonly axes: readonly number[];
  readonly keeps: boolean;
}

type ReductionOf = (context: ShapeContext) => Reduction;

/** Axes as an attribute, or as the second input of newer operator sets; all of them where neither is given. */
function reduction(context: ShapeContext): Reduction {
  const rank = context.shape(0).length;
  const axes = intsAttribute(context.node, "axes") ?? context.constantInts(1);
  const all = Array.from({ length: rank }, (_, axis) => axis);
  return {
    axes: axes?.length ? axes.map((axis) => positiveAxis(axis, rank, context.node)) : all,
    keeps: intAttribute(context.node, "keepdims", 1) === 1,
  };
}

/** Everything after batch and channel, kept with length 1. */
function globalPooling({ shape }: ShapeContext): Reduction {
  return { axes: shape(0).flatMap((_, axis) => (axis < 2 ? [] : [axis])), keeps: true };
}

function reducedShape(context: ShapeContext, { axes, keeps }: Reduction): Shape {
  return context.shape(0).flatMap((length, axis) => (axes.includes(axis) ? (keeps ? [1] : []) : [length]));
}

/** The value with its reduced axes back, of length 1. */
function withAxes(graph: GraphBuilder, value: string, { axes, keeps }: Reduction): string {
  return keeps ? value : graph.add("Unsqueeze", [value, graph.ints(axes)]);
}

/** Number of elements reduced into each one, as a float; counted when the model runs if a length is unknown. */
function reducedCount({ graph, shape, input, output }: GradientContext, { axes }: Reduction): string {
  const count = staticSize(shape(0).filter((_, axis) => axes.includes(axis)));
  if (count !== undefined) return graph.scalar(count);
  const sizes = [input(0), output].map((v) => graph.add("Cast", [graph.add("Size", [v])], { to: 1 }));
  return graph.add("Div", sizes);
}

function sumRule(of: ReductionOf, mean: boolean): OperatorRule {
  return {
    shape: (context) => reducedShape(context, of(context)),
    gradient: (context) => {
      const { graph, outputGradient, input } = context;
      const reduced = of(context);
      const share = mean
        ? graph.add("Div", [outputGradient, reducedCount(context, reduced)])
        : outputGradient;
      return [graph.add("Expand", [withAxes(graph, share, reduced), graph.add("Shape", [input(0)])])];
    },
  };
}

/** The gradient goes to the largest element; equal ones share it, as in PyTorch's `amax`. */
function maxRule(of: ReductionOf): OperatorRule {
  return {
    shape: (context) => reducedShape(context, of(context)),
    gradient: (context) => {
      const { graph, outputGradient, input, output } = context;
      const reduced = of(context);
      const largest = withAxes(graph, output, reduced);
      const isLargest = graph.add("Cast", [graph.add("Equal", [input(0), largest])], { to: 1 });
      const ties = graph.add("ReduceSum", [isLargest, graph.ints(reduced.axes)], { keepdims: 1 });
      const share = graph.add("Div", [withAxes(graph, outputGradient, reduced), ties]);
      return [graph.add("Mul", [isLargest, share])];
    },
  };
}

export const reductionRules: OperatorRules = {
  ReduceSum: sumRule(reduction, false),
  ReduceMean: sumRule(reduction, true),
  ReduceMax: maxRule(reduction),
  GlobalAveragePool: sumRule(globalPooling, true),
  GlobalMaxPool: maxRule(globalPooling),
};
