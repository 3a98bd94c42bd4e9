/** @file Activations: Relu, Sigmoid, Tanh, HardSigmoid, HardSwish. */
import type { GraphBuilder } from "../builder.ts";
import { floatAttribute } from "../model.ts";
import { sameShape } from "./rule.ts";
import type { OperatorRules } from "./rule.ts";

/** 1.0 where `value` lies strictly between the bounds, else 0.0. */
function between(graph: GraphBuilder, value: string, lower: number, upper: number): string {
  const above = graph.add("Greater", [value, graph.scalar(lower)]);
  const below = graph.add("Less", [value, graph.scalar(upper)]);
  return graph.add("Cast", [graph.add("And", [above, below])], { to: 1 });
}

export const activationRules: OperatorRules = {
  Relu: {
    shape: sameShape,
    // The output is positive exactly where the slope is 1; the slope at 0 is taken as 0, as PyTorch does.
    gradient: ({ graph, outputGradient, output }) => [
      graph.add("Mul", [outputGradient, graph.add("Sign", [output])]),
    ],
  },
  Sigmoid: {
    shape: sameShape,
    gradient: ({ graph, outputGradient, output }) => {
      const slope = graph.add("Mul", [output, graph.add("Sub", [graph.scalar(1), output])]);
      return [graph.add("Mul", [outputGradient, slope])];
    },
  },
  Tanh: {
    shape: sameShape,
    gradient: ({ graph, outputGradient, output }) => {
      const slope = graph.add("Sub", [graph.scalar(1), graph.add("Mul", [output, output])]);
      return [graph.add("Mul", [outputGradient, slope])];
    },
  },
  HardSigmoid: {
    shape: sameShape,
    gradient: ({ graph, node, outputGradient, output }) => {
      const alpha = graph.scalar(floatAttribute(node, "alpha", 0.2));
      return [graph.add("Mul", [graph.add("Mul", [outputGradient, alpha]), between(graph, output, 0, 1)])];
    },
  },
  HardSwish: {
    shape: sameShape,
    // y = x h(x) with h = clip(x / 6 + 1 / 2, 0, 1), so y' = h + x / 6 within (-3, 3).
    gradient: ({ graph, outputGradient, input }) => {
      const x = input(0);
      const hard = graph.add("Clip", [
        graph.add("Add", [graph.add("Div", [x, graph.scalar(6)]), graph.scalar(0.5)]),
        graph.scalar(0),
        graph.scalar(1),
      ]);
      const inside = graph.add("Mul", [graph.add("Div", [x, graph.scalar(6)]), between(graph, hard, 0, 1)]);
      return [graph.add("Mul", [outputGradient, graph.add("Add", [hard, inside])])];
    },
  },
};
