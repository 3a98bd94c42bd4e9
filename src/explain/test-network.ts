/**
 * @file A network for tests whose maps are known by hand: 3 × 8 × 8 images, the layer `maps` `[N, 2, 4, 4]` is the mean
 * over 2 × 2 pixels of the first channel and of the second; logits are `cat` = mean of the first map, `dog` = mean of
 * the second.
 */
import { GraphBuilder } from "../nn/builder.ts";
import type { Model, Shape } from "../nn/model.ts";
import { floats } from "../nn/tensor.ts";
import type { FloatTensor } from "../nn/tensor.ts";

export const TEST_SIDE = 8;

export interface TestNetworkOptions {
  readonly input?: Shape;
  /** Put an operator without a gradient rule after the layer. */
  readonly opaque?: boolean;
  /** End in Softmax. */
  readonly softmax?: boolean;
}

export function testNetwork({ input, opaque, softmax }: TestNetworkOptions = {}): Model {
  const graph = new GraphBuilder();
  const image = graph.input("image", input ?? ["N", 3, TEST_SIDE, TEST_SIDE]);
  const both = graph.constant(floats([2, 3, 1, 1], [1, 0, 0, 0, 1, 0]), "kernel");
  const pooled = graph.add("AveragePool", [image], { kernel_shape: [2, 2], strides: [2, 2] });
  graph.add("Conv", [pooled, both], { kernel_shape: [1, 1] }, "maps");
  const seen = opaque === true ? graph.add("Sinh", ["maps"]) : "maps";
  const flat = graph.add("Flatten", [graph.add("GlobalAveragePool", [seen])], { axis: 1 }, "logits");
  graph.output(softmax === true ? graph.add("Softmax", [flat], { axis: 1 }, "shares") : flat);
  return graph.build();
}

/** An image with one bright 2 × 2 block in a channel, at the cell `row`, `column` of the maps. */
export function spotImage(channel: number, row: number, column: number, value = 4): FloatTensor {
  const data = new Float32Array(3 * TEST_SIDE * TEST_SIDE);
  for (const y of [2 * row, 2 * row + 1])
    for (const x of [2 * column, 2 * column + 1]) data[(channel * TEST_SIDE + y) * TEST_SIDE + x] = value;
  return floats([1, 3, TEST_SIDE, TEST_SIDE], data);
}
