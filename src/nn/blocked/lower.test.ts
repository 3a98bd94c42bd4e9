/**
 * @file Training graphs in the blocked layout against the same graphs of standard operators, whose gradients are proven
 * against finite differences. The block size is that of the machine the test runs on.
 */
import { describe, expect, it } from "vitest";

import { GraphBuilder } from "../builder.ts";
import type { PlainAttributes } from "../builder.ts";
import type { Model } from "../model.ts";
import { Session } from "../session.ts";
import { floats, sizeOf } from "../tensor.ts";
import type { FloatTensor, Tensor } from "../tensor.ts";
import { TARGET, trainingGraph, withInputShapes } from "../training-graph.ts";
import { blockSize } from "./block-size.ts";

const CLASSES = 3;
/** Relative difference of a gradient: float32 sums in another order. */
const TOLERANCE = 1e-4;

function wave(shape: readonly number[], phase: number): FloatTensor {
  const spread = 1.5 / Math.sqrt(shape.length > 1 ? sizeOf(shape.slice(1)) : 1);
  return floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => spread * Math.sin(1.3 * i + (i % 7) + phase)),
  );
}

/** A graph with named constants, all to be trained. */
class Network {
  readonly graph = new GraphBuilder();
  readonly parameters: string[] = [];

  weights(shape: readonly number[]): string {
    const name = `w${this.parameters.length}`;
    this.parameters.push(name);
    return this.graph.constant(wave(shape, this.parameters.length), name);
  }

  conv(image: string, shape: readonly number[], attributes: PlainAttributes = {}): string {
    const inputs = [image, this.weights(shape), this.weights(shape.slice(0, 1))];
    return this.graph.add("Conv", inputs, attributes);
  }

  norm(image: string, channels: number): string {
    const statistics = [wave([channels], 1), floats([channels], new Float32Array(channels).fill(0.7))];
    const inputs = [this.weights([channels]), this.weights([channels])];
    return this.graph.add("BatchNormalization", [
      image,
      ...inputs,
      ...statistics.map((t) => this.graph.constant(t)),
    ]);
  }

  finish(features: string, channels: number): Model {
    const pooled = this.graph.add("Flatten", [this.graph.add("GlobalAveragePool", [features])]);
    const head = [this.weights([CLASSES, channels]), this.weights([CLASSES])];
    this.graph.output(this.graph.add("Gemm", [pooled, ...head], { transB: 1 }, "logits"));
    return this.graph.build();
  }
}

const same = (pads: number) => ({ pads: [pads, pads, pads, pads] });

/** A function of the image `[N, 3, 21, 18]` to a value with so many channels. */
const NETWORKS: Readonly<Record<string, (net: Network) => readonly [features: string, channels: number]>> = {
  "dense, strides and dilations": (net) => {
    const { graph } = net;
    const stem = net.conv("image", [20, 3, 7, 7], { strides: [2, 2], ...same(3) });
    const wide = net.conv(graph.add("Relu", [net.norm(stem, 20)]), [32, 20, 3, 3], {
      strides: [2, 2],
      ...same(1),
    });
    const far = net.conv(graph.add("HardSwish", [wide]), [32, 32, 3, 3], { dilations: [2, 2], ...same(2) });
    const sum = graph.add("Relu", [graph.add("Add", [wide, far])]);
    return [net.conv(sum, [24, 32, 3, 3], { strides: [2, 1], pads: [0, 1, 1, 1] }), 24];
  },
  "depthwise and squeezed": (net) => {
    const { graph } = net;
    const stem = net.conv("image", [16, 3, 3, 3], { strides: [2, 2] });
    const up = graph.add("Clip", [
      net.norm(net.conv(stem, [36, 16, 1, 1]), 36),
      graph.scalar(0),
      graph.scalar(6),
    ]);
    const near = net.conv(up, [36, 1, 3, 3], { group: 36, strides: [2, 2], ...same(1) });
    const far = net.conv(graph.add("Sigmoid", [near]), [36, 1, 5, 5], { group: 36, ...same(2) });
    const squeezed = net.conv(graph.add("GlobalAveragePool", [far]), [8, 36, 1, 1]);
    const scale = net.conv(graph.add("Relu", [squeezed]), [36, 8, 1, 1]);
    const scaled = graph.add("Mul", [graph.add("HardSigmoid", [scale]), far]);
    return [net.conv(scaled, [12, 36, 1, 1], { strides: [2, 2] }), 12];
  },
  "branches, pools and an odd group": (net) => {
    const { graph } = net;
    const stem = graph.add("Relu", [
      net.conv("image", [16, 3, 3, 3], { auto_pad: "SAME_UPPER", strides: [2, 2] }),
    ]);
    const pooled = graph.add("MaxPool", [stem], { kernel_shape: [3, 3], strides: [2, 2], ...same(1) });
    const left = net.conv(pooled, [16, 16, 1, 3], { pads: [0, 1, 0, 1] });
    const right = net.conv(pooled, [32, 4, 3, 3], { group: 4, ...same(1) });
    const mean = graph.add("AveragePool", [left], { kernel_shape: [3, 3], ...same(1) });
    const joined = graph.add("Concat", [left, right, pooled, mean], { axis: 1 });
    const wide = graph.add("AveragePool", [net.conv(joined, [20, 80, 1, 1])], {
      kernel_shape: [2, 3],
      strides: [2, 1],
      pads: [0, 1, 0, 1],
      count_include_pad: 1,
    });
    return [net.conv(graph.add("Relu", [wide]), [7, 20, 1, 1]), 7];
  },
};

async function gradients(
  model: Model,
  parameters: readonly string[],
  batch: number,
  block: number | undefined,
) {
  const shape = [batch, 3, 21, 18];
  const graph = trainingGraph(
    withInputShapes(model, new Map([["image", shape]])),
    "logits",
    parameters,
    block,
  );
  const target = floats([batch, CLASSES], new Float32Array(batch * CLASSES));
  for (let i = 0; i < batch; i++) target.data[i * CLASSES + (i % CLASSES)] = 1 / batch;
  const values: Record<string, Tensor> = { image: wave(shape, 5), [TARGET]: target };
  for (const name of parameters) {
    const tensor = model.initializers.get(name);
    if (tensor) values[name] = tensor;
  }
  const session = await Session.load(graph, { threads: 1 });
  const results = await session.run(values);
  await session.dispose();
  return { results, operators: graph.nodes.map(({ operator }) => operator) };
}

describe("lowerToBlocks", async () => {
  const block = await blockSize();

  // A runtime without blocked kernels has nothing to compare.
  it
    .skipIf(block === undefined)
    .each(Object.keys(NETWORKS).flatMap((name) => [2, 17].map((batch) => [name, batch] as const)))(
    "%s, batch %i",
    async (name, batch) => {
      const net = new Network();
      net.graph.input("image", ["N", 3, 21, 18]);
      const [features, channels] = NETWORKS[name]?.(net) ?? ["", 0];
      const model = net.finish(features, channels);
      const expected = await gradients(model, net.parameters, batch, undefined);
      const actual = await gradients(model, net.parameters, batch, block);
      expect(actual.operators).toContain("com.microsoft.nchwc.Conv");
      expect(expected.operators.filter((operator) => operator.includes("."))).toEqual([]);
      for (const [output, tensor] of Object.entries(expected.results)) {
        const other = actual.results[output];
        expect(other?.shape, output).toEqual(tensor.shape);
        let [difference, size] = [0, 0];
        tensor.data.forEach((value, i) => {
          difference += (Number(value) - Number(other?.data[i])) ** 2;
          size += Number(value) ** 2;
        });
        expect(Math.sqrt(difference / size), output).toBeLessThan(TOLERANCE);
      }
    },
  );
});
