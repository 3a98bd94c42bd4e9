/** @file Conv and ConvTranspose, of any number of spatial axes: each is the other's gradient at its input. */
import type { GraphBuilder } from "../builder.ts";
import { GraphError, describeNode, intAttribute } from "../model.ts";
import type { Node, Shape } from "../model.ts";
import { extent, transposedAxes, windowAxes } from "./geometry.ts";
import type { WindowAxis } from "./geometry.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "./rule.ts";
import { windowSlices } from "./window-slices.ts";

/** A fixed shape. @throws GraphError when the weights' shape is known only when the model runs */
function fixedShape(node: Node, shape: Shape): readonly number[] {
  return shape.map((d) => {
    if (typeof d === "number") return d;
    throw new GraphError(`${describeNode(node)}: the shape of its weights must be fixed, but has "${d}"`);
  });
}

function convAxes(context: ShapeContext): readonly WindowAxis[] {
  const kernel = fixedShape(context.node, context.shape(1)).slice(2);
  return windowAxes(context.node, context.shape(0).slice(2), kernel);
}

/** Attributes of a Conv or ConvTranspose node over the axes. */
function attributesOf(axes: readonly WindowAxis[], group: number) {
  return {
    group,
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)],
  };
}

/** Conv's gradient at its input: the transposed convolution, which puts back each window's share. */
function inputGradient({ graph, node, outputGradient, input }: GradientContext, axes: readonly WindowAxis[]) {
  // Elements at the end that no window reached: floor division left them out.
  const output_padding = axes.map((axis) => {
    const { length, before, after, stride } = axis;
    if (stride === 1) return 0;
    if (typeof length === "string") {
      throw new GraphError(
        `${describeNode(node)}: a stride needs a fixed length, but the input has "${length}"`,
      );
    }
    return (length + before + after - extent(axis)) % stride;
  });
  const attributes = { ...attributesOf(axes, intAttribute(node, "group", 1)), output_padding };
  return graph.add("ConvTranspose", [outputGradient, input(1)], attributes);
}

/**
 * The gradient of a convolution's weights `[M, C / group, …kernel]`: for each element of the kernel, the matrix
 * product of the output's gradient with the input shifted there, summed over the batch.
 * @param image name of the convolution's input, `[N, C, …spatial]`
 * @param outputGradient name of the gradient at its output, `[N, M, …positions]`
 */
function weightGradient(
  graph: GraphBuilder,
  image: string,
  outputGradient: string,
  axes: readonly WindowAxis[],
  [m, channels, ...kernel]: readonly number[],
  group: number,
): string {
  const rows = (m ?? 1) / group;
  const columns = channels ?? 1;
  const dy = graph.add("Reshape", [outputGradient, graph.ints([0, group, rows, -1])]);
  const products = windowSlices(graph, image, axes, 0).map((slice) => {
    const x = graph.add("Reshape", [slice, graph.ints([0, group, columns, -1])]);
    const product = graph.add("MatMul", [dy, graph.add("Transpose", [x], { perm: [0, 1, 3, 2] })]);
    return graph.add("ReduceSum", [product, graph.ints([0])], { keepdims: 0 });
  });
  const stacked = products.map((p) => graph.add("Reshape", [p, graph.ints([m ?? 1, columns, 1])]));
  return graph.add("Reshape", [
    graph.add("Concat", stacked, { axis: 2 }),
    graph.ints([m ?? 1, columns, ...kernel]),
  ]);
}

/** The sum over batch and space, `[M]`. */
function biasGradient(graph: GraphBuilder, outputGradient: string, spatial: number): string {
  const axes = [0, ...Array.from({ length: spatial }, (_, axis) => axis + 2)];
  return graph.add("ReduceSum", [outputGradient, graph.ints(axes)], { keepdims: 0 });
}

export const convolutionRules: OperatorRules = {
  Conv: {
    shape: (context) => [
      context.shape(0)[0] ?? 1,
      context.shape(1)[0] ?? 1,
      ...convAxes(context).map(({ positions }) => positions),
    ],
    gradient: (context) => {
      const { graph, node, outputGradient, input, wants, shape } = context;
      const axes = convAxes(context);
      const weights = fixedShape(node, shape(1));
      const group = intAttribute(node, "group", 1);
      return [
        wants(0) ? inputGradient(context, axes) : undefined,
        wants(1) ? weightGradient(graph, input(0), outputGradient, axes, weights, group) : undefined,
        wants(2) ? biasGradient(graph, outputGradient, axes.length) : undefined,
      ];
    },
  },
  ConvTranspose: {
    shape: ({ node, shape }) => {
      const [, perGroup = 1, ...kernel] = fixedShape(node, shape(1));
      const axes = transposedAxes(node, shape(0).slice(2), kernel);
      return [
        shape(0)[0] ?? 1,
        perGroup * intAttribute(node, "group", 1),
        ...axes.map(({ length }) => length),
      ];
    },
    gradient: (context) => {
      const { graph, node, outputGradient, input, wants, shape } = context;
      const weights = fixedShape(node, shape(1));
      const axes = transposedAxes(node, shape(0).slice(2), weights.slice(2));
      const group = intAttribute(node, "group", 1);
      return [
        wants(0) ? graph.add("Conv", [outputGradient, input(1)], attributesOf(axes, group)) : undefined,
        // The same sums as Conv's, input and output gradient having changed places.
        wants(1) ? weightGradient(graph, outputGradient, input(0), axes, weights, group) : undefined,
        wants(2) ? biasGradient(graph, outputGradient, axes.length) : undefined,
      ];
    },
  },
};
