/** @file AveragePool in the blocked layout: a depthwise convolution with ones, and a factor where windows see less. */
import type { GraphBuilder } from "../builder.ts";
import { intAttribute, intsAttribute } from "../model.ts";
import type { Node } from "../model.ts";
import { windowAxes } from "../operators/geometry.ts";
import { seenElements } from "../operators/pooling.ts";
import { floats, sizeOf } from "../tensor.ts";
import { blockedOperator, wholeBlocks, windowAttributes } from "./layout.ts";
import { phasesOf } from "./phases.ts";

/**
 * The blocked result, or undefined where the pool rounds its positions up or is padded by more than its window.
 * @param image name of the blocked input
 * @param shape of the input, plain
 */
export function blockedAveragePool(
  graph: GraphBuilder,
  node: Node,
  image: string,
  [batch = 1, channels = 1, ...lengths]: readonly number[],
  block: number,
): string | undefined {
  const kernel = intsAttribute(node, "kernel_shape") ?? [];
  const axes = windowAxes(node, lengths, kernel);
  if (intAttribute(node, "ceil_mode", 0) === 1 || !axes.every((axis) => phasesOf(axis))) return undefined;
  const elements = sizeOf(kernel);
  const countsPadding = intAttribute(node, "count_include_pad", 0) === 1;
  const seen = countsPadding ? [elements] : seenElements(axes);
  const evenly = seen.every((n) => n === seen[0]);
  const whole = wholeBlocks(channels, block);
  const share = evenly ? 1 / (seen[0] ?? 1) : 1;
  const filter = floats([whole, 1, ...kernel], new Float32Array(whole * elements).fill(share));
  const inputs = [image, graph.constant(filter)];
  const sums = graph.add(blockedOperator("Conv"), inputs, windowAttributes(axes, whole));
  if (evenly) return sums;
  const perPixel = Float32Array.from({ length: seen.length * block }, (_, i) => {
    return 1 / (seen[Math.floor(i / block)] ?? 1);
  });
  const planes = graph.add("Reshape", [sums, graph.ints([(batch * whole) / block, perPixel.length])]);
  const means = graph.add("Mul", [planes, graph.constant(floats([1, perPixel.length], perPixel))]);
  const positions = axes.map((axis) => Number(axis.positions));
  return graph.add("Reshape", [means, graph.ints([batch, whole, ...positions])]);
}
