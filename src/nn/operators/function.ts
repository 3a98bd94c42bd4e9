/** @file Functions of one number, and those that change only in steps or not at all. */
import { sameShape } from "./rule.ts";
import type { GradientContext, OperatorRule, OperatorRules, ShapeContext } from "./rule.ts";
import { broadcastShapes } from "./rule.ts";
import { ELEMENT_TYPES } from "../tensor.ts";
import { intAttribute } from "../model.ts";

/** An elementwise function; `gradient` gives the name of its input's gradient. */
function elementwise(gradient: (context: GradientContext) => string): OperatorRule {
  return { shape: sameShape, gradient: (context) => [gradient(context)] };
}

const inSteps: OperatorRule = { shape: sameShape, gradient: "zero" };

const comparison: OperatorRule = {
  shape: ({ node, shape }: ShapeContext) => broadcastShapes(shape(0), shape(1), node),
  gradient: "zero",
};

const FLOAT_TYPES: readonly number[] = [ELEMENT_TYPES.float16, ELEMENT_TYPES.float32, ELEMENT_TYPES.float64];

export const functionRules: OperatorRules = {
  Neg: elementwise(({ graph, outputGradient }) => graph.add("Neg", [outputGradient])),
  Abs: elementwise(({ graph, outputGradient, input }) =>
    graph.add("Mul", [outputGradient, graph.add("Sign", [input(0)])]),
  ),
  Exp: elementwise(({ graph, outputGradient, output }) => graph.add("Mul", [outputGradient, output])),
  Log: elementwise(({ graph, outputGradient, input }) => graph.add("Div", [outputGradient, input(0)])),
  Sqrt: elementwise(({ graph, outputGradient, output }) =>
    graph.add("Div", [outputGradient, graph.add("Mul", [output, graph.scalar(2)])]),
  ),
  Reciprocal: elementwise(({ graph, outputGradient, output }) =>
    graph.add("Neg", [graph.add("Mul", [outputGradient, graph.add("Mul", [output, output])])]),
  ),
  Cast: {
    shape: sameShape,
    gradient: ({ graph, node, opset, outputGradient, input }) => {
      if (!FLOAT_TYPES.includes(intAttribute(node, "to", 0))) return [];
      // CastLike came with operator set 15; before it only float32 can be given back.
      return [opset >= 15 ? graph.add("CastLike", [outputGradient, input(0)]) : outputGradient];
    },
  },
  ...Object.fromEntries(["Floor", "Ceil", "Round", "Sign", "Not", "IsNaN"].map((name) => [name, inSteps])),
  ...Object.fromEntries(
    ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor"].map((name) => [
      name,
      comparison,
    ]),
  ),
};
