/** @file Add, Sub, Mul, Div and their like: elementwise, with broadcasting. */
import { broadcastShapes, sameShape, sumToShape } from "./rule.ts";
import type { GradientContext, OperatorRule, OperatorRules, ShapeContext } from "./rule.ts";

/** Gradients of both inputs at the broadcast shape. */
type BroadcastGradient = (context: GradientContext, index: 0 | 1) => string;

function binary(gradientAt: BroadcastGradient): OperatorRule {
  const shape = (context: ShapeContext) => broadcastShapes(context.shape(0), context.shape(1), context.node);
  return {
    shape,
    gradient: (context) =>
      ([0, 1] as const).map((index) => {
        if (!context.wants(index)) return undefined;
        const full = gradientAt(context, index);
        return sumToShape(context.graph, full, context.input(index), context.shape(index), shape(context));
      }),
  };
}

export const arithmeticRules: OperatorRules = {
  Add: binary(({ outputGradient }) => outputGradient),
  Sub: binary(({ graph, outputGradient }, index) =>
    index === 0 ? outputGradient : graph.add("Neg", [outputGradient]),
  ),
  Mul: binary(({ graph, outputGradient, input }, index) =>
    graph.add("Mul", [outputGradient, input(1 - index)]),
  ),
  Div: binary(({ graph, outputGradient, input, output }, index) => {
    const perDivisor = graph.add("Div", [outputGradient, input(1)]);
    return index === 0 ? perDivisor : graph.add("Neg", [graph.add("Mul", [perDivisor, output])]);
  }),
  Neg: { shape: sameShape, gradient: ({ graph, outputGradient }) => [graph.add("Neg", [outputGradient])] },
  Exp: {
    shape: sameShape,
    gradient: ({ graph, outputGradient, output }) => [graph.add("Mul", [outputGradient, output])],
  },
  Log: {
    shape: sameShape,
    gradient: ({ graph, outputGradient, input }) => [graph.add("Div", [outputGradient, input(0)])],
  },
};
