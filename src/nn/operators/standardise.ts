/**
 * @file LayerNormalization and InstanceNormalization: values standardised by their own mean and variance.
 *
 * With x̂ = (x - mean) / σ and g the gradient of x̂, that of x is (g - mean(g) - x̂ mean(g x̂)) / σ.
 */
import type { GraphBuilder } from "../builder.ts";
import { floatAttribute, intAttribute } from "../model.ts";
import { positiveAxis, sameShape, sumToShape } from "./rule.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "./rule.ts";

interface Standardised {
  /** Name of x̂. */
  readonly value: string;
  /** Name of 1 / σ. */
  readonly inverse: string;
}

function standardised(
  graph: GraphBuilder,
  x: string,
  axes: readonly number[],
  epsilon: number,
): Standardised {
  const centred = graph.add("Sub", [x, graph.reduce("ReduceMean", x, axes)]);
  const variance = graph.reduce("ReduceMean", graph.add("Mul", [centred, centred]), axes);
  const deviation = graph.add("Sqrt", [graph.add("Add", [variance, graph.scalar(epsilon)])]);
  const inverse = graph.add("Reciprocal", [deviation]);
  return { value: graph.add("Mul", [centred, inverse]), inverse };
}

/** The gradient of x, given that of x̂. */
function gradientThrough(
  graph: GraphBuilder,
  gradient: string,
  { value, inverse }: Standardised,
  axes: readonly number[],
): string {
  const mean = graph.reduce("ReduceMean", gradient, axes);
  const product = graph.reduce("ReduceMean", graph.add("Mul", [gradient, value]), axes);
  const along = graph.add("Mul", [value, product]);
  const rest = graph.add("Sub", [graph.add("Sub", [gradient, mean]), along]);
  return graph.add("Mul", [rest, inverse]);
}

/** Axes from `axis` to the last. */
function trailingAxes({ node, shape }: ShapeContext): readonly number[] {
  const rank = shape(0).length;
  const first = positiveAxis(intAttribute(node, "axis", -1), rank, node);
  return Array.from({ length: rank - first }, (_, i) => first + i);
}

function layerGradient(context: GradientContext): readonly (string | undefined)[] {
  const { graph, node, outputGradient: dy, input, shape, wants } = context;
  const axes = trailingAxes(context);
  const x = standardised(graph, input(0), axes, floatAttribute(node, "epsilon", 1e-5));
  const summed = (value: string, index: number) =>
    sumToShape(graph, value, input(index), shape(index), shape(0));
  return [
    wants(0) ? gradientThrough(graph, graph.add("Mul", [dy, input(1)]), x, axes) : undefined,
    wants(1) ? summed(graph.add("Mul", [dy, x.value]), 1) : undefined,
    wants(2) ? summed(dy, 2) : undefined,
  ];
}

function instanceGradient({
  graph,
  node,
  outputGradient: dy,
  input,
  shape,
  wants,
}: GradientContext): readonly (string | undefined)[] {
  const axes = shape(0).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  const x = standardised(graph, input(0), axes, floatAttribute(node, "epsilon", 1e-5));
  const perChannel = (value: string) =>
    graph.add("ReduceSum", [value, graph.ints([0, ...axes])], { keepdims: 0 });
  const scale = () => graph.add("Unsqueeze", [input(1), graph.ints(axes.map((axis) => axis - 1))]);
  return [
    wants(0) ? gradientThrough(graph, graph.add("Mul", [dy, scale()]), x, axes) : undefined,
    wants(1) ? perChannel(graph.add("Mul", [dy, x.value])) : undefined,
    wants(2) ? perChannel(dy) : undefined,
  ];
}

export const standardiseRules: OperatorRules = {
  LayerNormalization: {
    // Mean and 1 / σ, the second and third output, keep the standardised axes with length 1.
    shape: (context, output) => {
      const axes = output === 0 ? [] : trailingAxes(context);
      return context.shape(0).map((length, axis) => (axes.includes(axis) ? 1 : length));
    },
    gradient: layerGradient,
  },
  InstanceNormalization: { shape: sameShape, gradient: instanceGradient },
};
