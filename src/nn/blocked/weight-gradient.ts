/**
 * @file The gradient of a blocked convolution's filter: a convolution too, of the input with the gradient at the output
 * as its filter, batch and channels having changed places; or a matrix product where the kernel is one element.
 */
import type { GraphBuilder } from "../builder.ts";
import type { WindowAxis } from "../operators/geometry.ts";
import { extent } from "../operators/geometry.ts";
import { fixedLength } from "../operators/window-slices.ts";
import type { BlockedConvolution } from "./input-gradient.ts";
import { blockedOperator, windowAttributes } from "./layout.ts";

/** The window that slides over the input: as large as the output, one position for each element of the kernel. */
function gradientWindow(axis: WindowAxis): WindowAxis {
  const positions = fixedLength(axis.positions);
  const window = { ...axis, kernel: positions, stride: axis.dilation, dilation: axis.stride };
  const reached = (axis.kernel - 1) * axis.dilation + extent(window);
  const after = Math.max(0, reached - axis.before - fixedLength(axis.length));
  const seen =
    Math.floor((fixedLength(axis.length) + axis.before + after - extent(window)) / axis.dilation) + 1;
  return { ...window, after, positions: seen };
}

/** The first `kernel` positions of `[planes, rows, columns, last]`, where the window had room for more. */
function cropped(
  graph: GraphBuilder,
  value: string,
  { axes }: BlockedConvolution,
  windows: readonly WindowAxis[],
  [planes, last]: readonly [number, number],
): string {
  const seen = windows.map(({ positions }) => fixedLength(positions));
  const wanted = axes.map(({ kernel }) => kernel);
  if (seen.every((n, i) => n === wanted[i])) return value;
  const image = graph.add("Reshape", [value, graph.ints([planes, ...seen, last])]);
  return graph.add("Slice", [image, graph.ints([0, 0]), graph.ints(wanted), graph.ints([1, 2])]);
}

/** Depthwise: batch and channels are one, so nothing has to be moved; then the sum over the batch. */
function depthwiseGradient(graph: GraphBuilder, image: string, dy: string, conv: BlockedConvolution): string {
  const { block, batch, channels, axes } = conv;
  const windows = axes.map(gradientWindow);
  const lengths = axes.map(({ length }) => fixedLength(length));
  const positions = axes.map((axis) => fixedLength(axis.positions));
  const planes = batch * channels;
  const x = graph.add("Reshape", [image, graph.ints([1, planes, ...lengths])]);
  const filter = graph.add("Reshape", [dy, graph.ints([planes, 1, ...positions])]);
  const each = graph.add(blockedOperator("Conv"), [x, filter], windowAttributes(windows, planes));
  const taps = cropped(graph, each, conv, windows, [planes / block, block]);
  const [rows, columns] = [axes[0].kernel, axes[1].kernel];
  const stacked = graph.add("Reshape", [taps, graph.ints([batch, channels * rows * columns])]);
  const sum = graph.add("ReduceSum", [stacked, graph.ints([0])], { keepdims: 0 });
  return graph.add("Reshape", [sum, graph.ints([channels, 1, rows, columns])]);
}

/** A blocked value of whole blocks in the plain layout. */
function plain(graph: GraphBuilder, value: string, channels: number): string {
  return graph.add(blockedOperator("ReorderOutput"), [value], { channels });
}

/** Where the input's channels are fewer than a block, the convolution reads them plain: `[N, C, H, W]`. */
const readsPlain = ({ channels, block }: BlockedConvolution): boolean => channels < block;

/** `[C, M, taps]` with blocked M to the filter's layout. */
function toFilter(graph: GraphBuilder, value: string, conv: BlockedConvolution): string {
  const { block, channels, filters, axes } = conv;
  const taps = axes[0].kernel * axes[1].kernel;
  const shape = readsPlain(conv)
    ? [channels, filters / block, taps, block]
    : [channels / block, block, filters / block, taps, block];
  const perm = readsPlain(conv) ? [1, 0, 2, 3] : [2, 0, 3, 1, 4];
  const ordered = graph.add("Transpose", [graph.add("Reshape", [value, graph.ints(shape)])], { perm });
  return graph.add("Reshape", [ordered, graph.ints([filters, channels, axes[0].kernel, axes[1].kernel])]);
}

/** One element: the matrix product of input and output gradient, image by image, summed over the batch. */
function pointwiseGradient(graph: GraphBuilder, image: string, dy: string, conv: BlockedConvolution): string {
  const { batch, channels, filters, axes } = conv;
  const steps = axes.map(({ stride }) => stride);
  const x = readsPlain(conv) ? image : plain(graph, image, channels);
  const ends = axes.map((axis) => (fixedLength(axis.positions) - 1) * axis.stride + 1);
  const bounds = [[0, 0], ends, [2, 3], steps].map((values) => graph.ints(values));
  const seen = steps.every((step) => step === 1) ? x : graph.add("Slice", [x, ...bounds]);
  const columns = graph.add("Reshape", [seen, graph.ints([batch, channels, -1])]);
  const rows = graph.add("Reshape", [plain(graph, dy, filters), graph.ints([batch, filters, -1])]);
  // The smaller matrix is the one that the product packs before it multiplies, so it comes second.
  const [first, second] = channels < filters ? [rows, columns] : [columns, rows];
  const product = graph.add("MatMul", [first, graph.add("Transpose", [second], { perm: [0, 2, 1] })]);
  const sum = graph.add("ReduceSum", [product, graph.ints([0])], { keepdims: 0 });
  return toFilter(graph, channels < filters ? graph.add("Transpose", [sum], { perm: [1, 0] }) : sum, conv);
}

/** The batch in parts of less than a block each: as channels of an image, that is what is read plain. */
function batchParts({
  batch,
  block,
}: BlockedConvolution): readonly (readonly [start: number, end: number])[] {
  const count = Math.ceil(batch / (block - 1));
  const bound = (part: number) => Math.round((part * batch) / count);
  return Array.from({ length: count }, (_, part) => [bound(part), bound(part + 1)]);
}

function denseGradient(graph: GraphBuilder, image: string, dy: string, conv: BlockedConvolution): string {
  const { block, channels, filters, axes } = conv;
  const windows = axes.map(gradientWindow);
  const x = readsPlain(conv) ? image : plain(graph, image, channels);
  const parts = batchParts(conv);
  const sums = parts.map(([start, end]) => {
    const part = (value: string) =>
      parts.length === 1
        ? value
        : graph.add("Slice", [value, graph.ints([start]), graph.ints([end]), graph.ints([0])]);
    const channelsFirst = graph.add("Transpose", [part(x)], { perm: [1, 0, 2, 3] });
    const pads = [0, 0, ...windows.map(({ before }) => before), 0, 0, ...windows.map(({ after }) => after)];
    const padded = pads.some((n) => n > 0)
      ? graph.add("Pad", [channelsFirst, graph.ints(pads)])
      : channelsFirst;
    const shape = [end - start, filters / block, -1, block];
    const blocks = graph.add("Reshape", [part(dy), graph.ints(shape)]);
    const filter = graph.add("Reshape", [
      graph.add("Transpose", [blocks], { perm: [1, 0, 2, 3] }),
      graph.ints([filters, end - start, ...windows.map(({ kernel }) => kernel)]),
    ]);
    const unpadded = windows.map((window) => ({ ...window, before: 0, after: 0 }));
    return graph.add(blockedOperator("Conv"), [padded, filter], windowAttributes(unpadded, 1));
  });
  const sum = sums.reduce((a, b) => graph.add("Add", [a, b]));
  return toFilter(graph, cropped(graph, sum, conv, windows, [(channels * filters) / block, block]), conv);
}

/**
 * The gradient of the filter, in the layout that blocked Conv takes it.
 * @param image the convolution's input, blocked, or plain where its channels are fewer than a block
 * @param dy the gradient at its output, blocked
 */
export function blockedWeightGradient(
  graph: GraphBuilder,
  image: string,
  dy: string,
  conv: BlockedConvolution,
): string {
  if (conv.depthwise) return depthwiseGradient(graph, image, dy, conv);
  const onePixel = conv.axes.every(({ kernel, before, after }) => kernel === 1 && before + after === 0);
  return onePixel ? pointwiseGradient(graph, image, dy, conv) : denseGradient(graph, image, dy, conv);
}
