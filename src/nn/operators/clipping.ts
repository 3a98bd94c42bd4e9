/**
 * @file Piecewise linear activations between two bounds: Clip (ReLU6), HardSigmoid, HardSwish.
 *
 * At a bound the slope is that of the flat side, as PyTorch's `relu6` and `hardsigmoid` have it; its `clamp`, which
 * exports as the same operator, takes 1 there.
 */
import type { GraphBuilder } from "../builder.ts";
import { floatAttribute } from "../model.ts";
import { sameShape, sumToShape } from "./rule.ts";
import type { GradientContext, OperatorRules } from "./rule.ts";

/** Whether `value` lies strictly between the bounds, each the name of a scalar or "". */
function within(graph: GraphBuilder, value: string, lower: string, upper: string): string | undefined {
  const tests = [
    ...(lower ? [graph.add("Greater", [value, lower])] : []),
    ...(upper ? [graph.add("Less", [value, upper])] : []),
  ];
  const [first, second] = tests;
  return first !== undefined && second !== undefined ? graph.add("And", [first, second]) : first;
}

/** `gradient` where `value` lies strictly between the bounds, else 0. */
function gradientWithin(
  graph: GraphBuilder,
  gradient: string,
  value: string,
  lower = "",
  upper = "",
): string {
  const inside = within(graph, value, lower, upper);
  if (inside === undefined) return gradient;
  return graph.add("Mul", [gradient, graph.add("Cast", [inside], { to: 1 })]);
}

/** The gradient of a bound: that of the elements it holds back. */
function boundGradient(context: GradientContext, index: 1 | 2): string {
  const { graph, outputGradient, input, shape } = context;
  const comparison = index === 1 ? "Less" : "Greater";
  const beyond = graph.add("Cast", [graph.add(comparison, [input(0), input(index)])], { to: 1 });
  return sumToShape(graph, graph.add("Mul", [outputGradient, beyond]), input(index), shape(index), shape(0));
}

export const clippingRules: OperatorRules = {
  Clip: {
    shape: sameShape,
    // Seen from the output, so that the input need not be kept.
    gradient: (context) => {
      const { graph, outputGradient, output, input, wants } = context;
      return [
        wants(0) ? gradientWithin(graph, outputGradient, output, input(1), input(2)) : undefined,
        wants(1) ? boundGradient(context, 1) : undefined,
        wants(2) ? boundGradient(context, 2) : undefined,
      ];
    },
  },
  HardSigmoid: {
    shape: sameShape,
    gradient: ({ graph, node, outputGradient, output }) => {
      const sloped = graph.add("Mul", [outputGradient, graph.scalar(floatAttribute(node, "alpha", 0.2))]);
      return [gradientWithin(graph, sloped, output, graph.scalar(0), graph.scalar(1))];
    },
  },
  HardSwish: {
    shape: sameShape,
    // y = x h(x) with h = clip(x / 6 + 1 / 2, 0, 1), so y' = h + x / 6 within (-3, 3).
    gradient: ({ graph, outputGradient, input }) => {
      const sixth = graph.add("Div", [input(0), graph.scalar(6)]);
      const [zero, one] = [graph.scalar(0), graph.scalar(1)];
      const hard = graph.add("Clip", [graph.add("Add", [sixth, graph.scalar(0.5)]), zero, one]);
      const slope = graph.add("Add", [hard, gradientWithin(graph, sixth, hard, zero, one)]);
      return [graph.add("Mul", [outputGradient, slope])];
    },
  },
};
