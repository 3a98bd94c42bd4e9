/** @file Reductions: sum, mean, largest, smallest, norms; and pooling over the whole image. */
import { GraphError, describeNode, intAttribute, intsAttribute } from "../model.ts";
import type { Shape } from "../model.ts";
import type { GraphBuilder } from "../builder.ts";
import { ELEMENT_TYPES } from "../tensor.ts";
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
  const { node, shape, constantInts } = context;
  const axes = intsAttribute(node, "axes") ?? constantInts(1) ?? [];
  if (axes.length === 0 && node.inputs[1] && constantInts(1) === undefined) {
    throw new GraphError(
      `${describeNode(node)}: its axes are computed when the model runs; make them constant`,
    );
  }
  const all = shape(0).map((_, axis) => axis);
  const none = intAttribute(node, "noop_with_empty_axes", 0) === 1 ? [] : all;
  return {
    axes: axes.length > 0 ? axes.map((axis) => positiveAxis(axis, all.length, node)) : none,
    keeps: intAttribute(node, "keepdims", 1) === 1,
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
  const sizes = [input(0), output].map((v) =>
    graph.add("Cast", [graph.add("Size", [v])], { to: ELEMENT_TYPES.float32 }),
  );
  return graph.add("Div", sizes);
}

/** The gradient and the result, each with the reduced axes back, as a reduction's gradient needs them. */
type ReductionGradient = (
  context: GradientContext,
  gradient: string,
  result: string,
  of: Reduction,
) => string;

function reductionRule(of: ReductionOf, gradient: ReductionGradient): OperatorRule {
  return {
    shape: (context) => reducedShape(context, of(context)),
    gradient: (context) => {
      const { graph, outputGradient, output } = context;
      const reduced = of(context);
      return [
        gradient(
          context,
          withAxes(graph, outputGradient, reduced),
          withAxes(graph, output, reduced),
          reduced,
        ),
      ];
    },
  };
}

const repeated: ReductionGradient = ({ graph, input }, gradient) =>
  graph.add("Expand", [gradient, graph.add("Shape", [input(0)])]);

const shared: ReductionGradient = (context, gradient, result, reduced) => {
  const share = context.graph.add("Div", [gradient, reducedCount(context, reduced)]);
  return repeated(context, share, result, reduced);
};

/** The gradient goes to the element that is the result; equal ones share it, as in PyTorch's `amax`. */
const toChosen: ReductionGradient = ({ graph, input }, gradient, result, { axes }) => {
  const chosen = graph.add("Cast", [graph.add("Equal", [input(0), result])], { to: ELEMENT_TYPES.float32 });
  const ties = graph.add("ReduceSum", [chosen, graph.ints(axes)], { keepdims: 1 });
  return graph.add("Mul", [chosen, graph.add("Div", [gradient, ties])]);
};

/** The gradient goes to the first of the largest elements, as in PyTorch's pooling. */
const toFirstLargest: ReductionGradient = ({ graph, shape, input }, gradient) => {
  const rows = graph.add("Reshape", [input(0), graph.ints([0, 0, -1])]);
  const size = staticSize(shape(0).slice(2));
  const positions =
    size === undefined
      ? positionsOf(graph, rows)
      : graph.ints(Array.from({ length: size }, (_, index) => index));
  const first = graph.add("ArgMax", [rows], { axis: 2, keepdims: 1 });
  const chosen = graph.add("Cast", [graph.add("Equal", [first, positions])], { to: ELEMENT_TYPES.float32 });
  const flat = graph.add("Mul", [chosen, graph.add("Reshape", [gradient, graph.ints([0, 0, 1])])]);
  return graph.add("Reshape", [flat, graph.add("Shape", [input(0)])]);
};

/** The slope of a norm is the direction; 0 at 0, where it has a tip, as in PyTorch. */
const euclidean: ReductionGradient = ({ graph, input }, gradient, result) => {
  const zero = graph.scalar(0);
  const perLength = graph.add("Div", [gradient, result]);
  const atTip = graph.add("Equal", [result, zero]);
  return graph.add("Mul", [input(0), graph.add("Where", [atTip, zero, perLength])]);
};

/** 0, 1, … to the length of `rows` `[N, C, length]`, which is known only when the model runs. */
function positionsOf(graph: GraphBuilder, rows: string): string {
  const [zero, one, two] = [0, 1, 2].map((n) =>
    graph.constant({ type: "int64", shape: [], data: BigInt64Array.of(BigInt(n)) }),
  );
  const length = graph.add("Gather", [graph.add("Shape", [rows]), two ?? ""]);
  return graph.add("Range", [zero ?? "", length, one ?? ""]);
}

export const reductionRules: OperatorRules = {
  ReduceSum: reductionRule(reduction, repeated),
  ReduceMean: reductionRule(reduction, shared),
  ReduceMax: reductionRule(reduction, toChosen),
  ReduceMin: reductionRule(reduction, toChosen),
  ReduceL2: reductionRule(reduction, euclidean),
  ReduceSumSquare: reductionRule(reduction, ({ graph, input }, gradient) =>
    graph.add("Mul", [graph.add("Mul", [input(0), graph.scalar(2)]), gradient]),
  ),
  ReduceLogSumExp: reductionRule(reduction, ({ graph, input }, gradient, result) =>
    graph.add("Mul", [gradient, graph.add("Exp", [graph.add("Sub", [input(0), result])])]),
  ),
  GlobalAveragePool: reductionRule(globalPooling, shared),
  GlobalMaxPool: reductionRule(globalPooling, toFirstLargest),
  ArgMax: {
    shape: (context) => argumentShape(context),
    gradient: "zero",
  },
  ArgMin: {
    shape: (context) => argumentShape(context),
    gradient: "zero",
  },
};

function argumentShape(context: ShapeContext): Shape {
  const { node, shape } = context;
  const axis = positiveAxis(intAttribute(node, "axis", 0), shape(0).length, node);
  return reducedShape(context, { axes: [axis], keeps: intAttribute(node, "keepdims", 1) === 1 });
}
