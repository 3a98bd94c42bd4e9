/** @file MaxPool and AveragePool, of any number of spatial axes. */
import { GraphError, describeNode, intsAttribute } from "../model.ts";
import { floats, sizeOf } from "../tensor.ts";
import { windowAxes } from "./geometry.ts";
import type { WindowAxis } from "./geometry.ts";
import type { GradientContext, OperatorRule, OperatorRules, ShapeContext } from "./rule.ts";
import { fixedLength, offsets, windowSlices } from "./window-slices.ts";

function poolAxes({ node, shape }: ShapeContext): readonly WindowAxis[] {
  const kernel = intsAttribute(node, "kernel_shape");
  if (!kernel) throw new GraphError(`${describeNode(node)}: attribute kernel_shape is missing`);
  return windowAxes(node, shape(0).slice(2), kernel);
}

const poolShape: OperatorRule["shape"] = (context) => [
  ...context.shape(0).slice(0, 2),
  ...poolAxes(context).map(({ positions }) => positions),
];

/**
 * The windows' shares added up where they came from: a transposed convolution of every channel for itself.
 * @param shares name of a value `[N · C, planes, …positions]`
 * @param kernel for each plane, how much of it each element of the window gets, `[planes, …kernel]`
 */
function addBack(
  { graph, input }: GradientContext,
  axes: readonly WindowAxis[],
  shares: string,
  planes: number,
  kernel: Float32Array,
): string {
  const sizes = axes.map((axis) => axis.kernel);
  // Past the end of the input, where rounding up put a window, the result is cut off by the padding.
  const after = axes.map((axis) => {
    const reached = (fixedLength(axis.positions) - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
    return reached - axis.before - fixedLength(axis.length);
  });
  const back = graph.add("ConvTranspose", [shares, graph.constant(floats([planes, 1, ...sizes], kernel))], {
    kernel_shape: sizes,
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [...axes.map(({ before }) => before), ...after.map((n) => Math.max(0, n))],
  });
  const missing = after.map((n) => Math.max(0, -n));
  const whole = missing.some((n) => n > 0)
    ? graph.add("Pad", [back, graph.ints([0, 0, ...axes.map(() => 0), 0, 0, ...missing])])
    : back;
  return graph.add("Reshape", [whole, graph.add("Shape", [input(0)])]);
}

/** ScatterElements adds from this operator set on. */
const OPSET_OF_SCATTERED_SUMS = 16;

/** The window's largest elements, asked of the operator again with their places; their gradients are added up there. */
function scatteredMaxGradient({ graph, node, outputGradient, input }: GradientContext): readonly string[] {
  const outputs = [graph.freeName("MaxPool"), graph.freeName("Indices")];
  // Places count by rows, whatever order the model has asked its own in.
  const { storage_order: _order, ...attributes } = node.attributes;
  const [, places = ""] = graph.addNode("MaxPool", [input(0)], attributes, outputs);
  const flat = (value: string) => graph.add("Reshape", [value, graph.ints([-1])]);
  const shape = graph.add("Shape", [input(0)]);
  const zeros = flat(graph.add("Expand", [graph.scalar(0), shape]));
  const updates = [zeros, flat(places), flat(outputGradient)];
  const sums = graph.add("ScatterElements", updates, { axis: 0, reduction: "add" });
  return [graph.add("Reshape", [sums, shape])];
}

/** Every window's gradient goes to its largest element; to the first of equal ones, as in PyTorch. */
function maxPoolGradient(context: GradientContext): readonly string[] {
  const { graph, outputGradient, input, output } = context;
  if (graph.opset >= OPSET_OF_SCATTERED_SUMS) return scatteredMaxGradient(context);
  const axes = poolAxes(context);
  const zero = graph.scalar(0);
  let taken: string | undefined;
  const shares = windowSlices(graph, input(0), axes, -Infinity).map((slice) => {
    const largest = graph.add("Equal", [slice, output]);
    const first = taken === undefined ? largest : graph.add("And", [largest, graph.add("Not", [taken])]);
    taken = taken === undefined ? largest : graph.add("Or", [taken, largest]);
    return graph.add("Where", [first, outputGradient, zero]);
  });
  const elements = offsets(axes).length;
  const planes = shares.map((share) => graph.add("Unsqueeze", [share, graph.ints([2])]));
  const positions = axes.map((axis) => fixedLength(axis.positions));
  const stacked = graph.add("Reshape", [
    graph.add("Concat", planes, { axis: 2 }),
    graph.ints([-1, elements, ...positions]),
  ]);
  const identity = Float32Array.from({ length: elements ** 2 }, (_, i) => (i % (elements + 1) === 0 ? 1 : 0));
  return [addBack(context, axes, stacked, elements, identity)];
}

/** How many elements of the image each window sees, `[1, 1, …positions]`. */
export function seenElements(axes: readonly WindowAxis[]): Float32Array {
  const counts = axes.map((axis) =>
    Array.from({ length: fixedLength(axis.positions) }, (_, position) => {
      const first = position * axis.stride - axis.before;
      const seen = Array.from({ length: axis.kernel }, (__, i) => first + i * axis.dilation);
      return seen.filter((at) => at >= 0 && at < fixedLength(axis.length)).length;
    }),
  );
  return Float32Array.from(counts.reduce((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]));
}

/** Every window's gradient, divided as its mean was, goes to all that it saw. */
function averagePoolGradient(context: GradientContext): readonly string[] {
  const { graph, node, outputGradient } = context;
  const axes = poolAxes(context);
  const positions = axes.map((axis) => fixedLength(axis.positions));
  // What each element counts in its window's mean, asked of the operator itself: the mean of ones is the number of
  // elements it saw over the number it divided by, whatever it does with the padding.
  const lengths = [1, 1, ...axes.map(({ length }) => fixedLength(length))];
  const ones = graph.constant(floats(lengths, new Float32Array(sizeOf(lengths)).fill(1)));
  const mean = graph.add("AveragePool", [ones], node.attributes);
  const seen = graph.constant(floats([1, 1, ...positions], seenElements(axes)));
  const shares = graph.add("Mul", [outputGradient, graph.add("Div", [mean, seen])]);
  const planes = graph.add("Reshape", [shares, graph.ints([-1, 1, ...positions])]);
  const kernel = new Float32Array(offsets(axes).length).fill(1);
  return [addBack(context, axes, planes, 1, kernel)];
}

export const poolingRules: OperatorRules = {
  MaxPool: { shape: poolShape, gradient: maxPoolGradient },
  AveragePool: { shape: poolShape, gradient: averagePoolGradient },
};
