/** @file A folded BatchNormalization against the node itself, and those that cannot be folded. */
import { describe, expect, it } from "vitest";

import { GraphBuilder, float } from "./builder.ts";
import { foldBatchNormalization } from "./fold-batch-norm.ts";
import type { Model } from "./model.ts";
import { Session } from "./session.ts";
import { floats } from "./tensor.ts";

const IMAGE = floats([1, 2, 1, 3], [1, -2, 3, 0.5, 4, -1]);

/** A 1×1 convolution with a bias, then a normalization; `used` makes the convolution's result an output too. */
function network(used: boolean): Model {
  const graph = new GraphBuilder();
  const constant = (shape: readonly number[], values: readonly number[]) =>
    graph.constant(floats(shape, values));
  const weights = constant([2, 2, 1, 1], [1, 2, -3, 0.5]);
  const conv = graph.add("Conv", [graph.input("x", [1, 2, 1, 3]), weights, constant([2], [0.1, -0.2])]);
  const scale = [constant([2], [2, -1]), constant([2], [0.3, 0.4])];
  const statistics = [constant([2], [0.5, -0.5]), constant([2], [4, 0.25])];
  graph.output(
    graph.add("BatchNormalization", [conv, ...scale, ...statistics], { epsilon: float(0.01) }, "y"),
  );
  if (used) graph.output(conv);
  return graph.build();
}

async function run(model: Model) {
  const session = await Session.load(model, { threads: 1 });
  const { y } = await session.run({ x: IMAGE });
  await session.dispose();
  return Array.from(y?.data ?? [], Number);
}

describe("foldBatchNormalization", () => {
  it("leaves one Conv that gives the same", async () => {
    const model = network(false);
    const folded = foldBatchNormalization(model);
    expect(folded.nodes.map(({ operator }) => operator)).not.toContain("BatchNormalization");
    const [expected, actual] = [await run(model), await run(folded)];
    expect(expected).toHaveLength(6);
    expected.forEach((value, i) => {
      expect(actual[i]).toBeCloseTo(value, 5);
    });
  });

  it("keeps a normalization whose convolution is used otherwise too", () => {
    const model = network(true);
    expect(foldBatchNormalization(model).nodes).toEqual(model.nodes);
  });
});
