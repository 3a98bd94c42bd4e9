/** @file Add, Sub, Mul, Div and Pow, Max and Min, Where: elementwise, with broadcasting. */
import type { GraphBuilder } from "../builder.ts";
import type { Shape } from "../model.ts";
import { broadcastShapes, sumToShape } from "./rule.ts";
import type { GradientContext, OperatorRule, OperatorRules, ShapeContext } from "./rule.ts";

/** The gradient of the input at `index`, at the broadcast shape; undefined where it has none. */
type BroadcastGradient = (context: GradientContext, index: number) => string | undefined;

/** The shape all inputs broadcast to. */
function commonShape({ node, shape }: ShapeContext): Shape {
  return node.inputs.map((_, index) => shape(index)).reduce((a, b) => broadcastShapes(a, b, node));
}

/** An operator on any number of inputs that are broadcast to one shape. */
function broadcasting(gradientAt: BroadcastGradient): OperatorRule {
  return {
    shape: commonShape,
    gradient: (context) =>
      context.node.inputs.map((name, index) => {
        const full = context.wants(index) ? gradientAt(context, index) : undefined;
        return full && sumToShape(context.graph, full, name, context.shape(index), commonShape(context));
      }),
  };
}

/** Max and Min: the gradient goes to the input that is the result; equal ones share it, as in PyTorch's `maximum`. */
const extremum = broadcasting(({ graph, node, outputGradient, output }, index) => {
  const chosen = node.inputs.map((name) =>
    graph.add("Cast", [graph.add("Equal", [name, output])], { to: 1 }),
  );
  const ties = chosen.reduce((a, b) => graph.add("Add", [a, b]));
  return graph.add("Mul", [graph.add("Div", [outputGradient, ties]), chosen[index] ?? ""]);
});

/** The exponent, when it is one constant number. */
function constantExponent({ constant }: ShapeContext): number | undefined {
  const exponent = constant(1);
  return exponent?.data.length === 1 ? Number(exponent.data[0]) : undefined;
}

/** The slope of `x ^ exponent`; 0 for the exponent 0, also at x = 0. */
function powSlope(graph: GraphBuilder, x: string, exponent: number): string {
  if (exponent === 2) return graph.add("Mul", [x, graph.scalar(2)]);
  const power = graph.add("Pow", [x, graph.scalar(exponent === 0 ? 0 : exponent - 1)]);
  return graph.add("Mul", [power, graph.scalar(exponent)]);
}

/** The gradient of the base or of the exponent; 0 where PyTorch defines it so, though a factor is infinite. */
function powGradient(context: GradientContext, index: number): string {
  const { graph, outputGradient, input, output } = context;
  const [base, exponent, zero] = [input(0), input(1), graph.scalar(0)];
  const fixed = index === 0 ? constantExponent(context) : undefined;
  if (fixed !== undefined) return graph.add("Mul", [outputGradient, powSlope(graph, base, fixed)]);
  if (index === 0) {
    const power = graph.add("Pow", [base, graph.add("Sub", [exponent, graph.scalar(1)])]);
    const slope = graph.add("Mul", [exponent, power]);
    const flat = graph.add("Equal", [exponent, zero]);
    return graph.add("Mul", [outputGradient, graph.add("Where", [flat, zero, slope])]);
  }
  const slope = graph.add("Mul", [output, graph.add("Log", [base])]);
  const flat = graph.add("And", [
    graph.add("Equal", [base, zero]),
    graph.add("GreaterOrEqual", [exponent, zero]),
  ]);
  return graph.add("Mul", [outputGradient, graph.add("Where", [flat, zero, slope])]);
}

export const arithmeticRules: OperatorRules = {
  Add: broadcasting(({ outputGradient }) => outputGradient),
  Sum: broadcasting(({ outputGradient }) => outputGradient),
  Sub: broadcasting(({ graph, outputGradient }, index) =>
    index === 0 ? outputGradient : graph.add("Neg", [outputGradient]),
  ),
  Mul: broadcasting(({ graph, outputGradient, input }, index) =>
    graph.add("Mul", [outputGradient, input(1 - index)]),
  ),
  Div: broadcasting(({ graph, outputGradient, input, output }, index) => {
    const perDivisor = graph.add("Div", [outputGradient, input(1)]);
    return index === 0 ? perDivisor : graph.add("Neg", [graph.add("Mul", [perDivisor, output])]);
  }),
  Pow: broadcasting(powGradient),
  Max: extremum,
  Min: extremum,
  Where: broadcasting(({ graph, outputGradient, input }, index) => {
    if (index === 0) return undefined;
    const zero = graph.scalar(0);
    const sides = index === 1 ? [outputGradient, zero] : [zero, outputGradient];
    return graph.add("Where", [input(0), ...sides]);
  }),
};
