/** @file Softmax and LogSoftmax (of one axis: opset 13 and newer). */
import { intAttribute } from "../model.ts";
import { sameShape } from "./rule.ts";
import type { GradientContext, OperatorRules } from "./rule.ts";

/** The sum along the operator's axis, which stays with length 1. */
function sumAlongAxis({ graph, node }: GradientContext, value: string): string {
  return graph.add("ReduceSum", [value, graph.ints([intAttribute(node, "axis", -1)])], { keepdims: 1 });
}

export const softmaxRules: OperatorRules = {
  Softmax: {
    shape: sameShape,
    // dx = y (dy - Σ dy y)
    gradient: (context) => {
      const { graph, outputGradient, output } = context;
      const mean = sumAlongAxis(context, graph.add("Mul", [outputGradient, output]));
      return [graph.add("Mul", [output, graph.add("Sub", [outputGradient, mean])])];
    },
  },
  LogSoftmax: {
    shape: sameShape,
    // dx = dy - softmax(x) Σ dy
    gradient: (context) => {
      const { graph, outputGradient, output } = context;
      const total = sumAlongAxis(context, outputGradient);
      const share = graph.add("Mul", [graph.add("Exp", [output]), total]);
      return [graph.add("Sub", [outputGradient, share])];
    },
  },
};
