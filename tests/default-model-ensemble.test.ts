/** @file Several networks as one: means by hand, and what does not go together. */
import { describe, expect, it } from "vitest";

import { ensembleOf } from "../scripts/default-model/ensemble.ts";
import { GraphBuilder } from "../src/nn/builder.ts";
import type { Model } from "../src/nn/model.ts";
import { Session } from "../src/nn/session.ts";
import { floats } from "../src/nn/tensor.ts";

/** logits = factor · x, saliency = x + factor. */
function network(factor: number, input = "input"): Model {
  const graph = new GraphBuilder();
  const x = graph.input(input, ["N", 2]);
  const by = graph.scalar(factor);
  graph.add("Mul", [x, by], {}, "logits");
  graph.add("Add", [x, by], {}, "saliency");
  graph.output("logits", "logits", ["N", 2]);
  graph.output("saliency", "saliency", ["N", 2]);
  return graph.build();
}

describe("ensembleOf", () => {
  it("gives the means of logits and of maps", async () => {
    const session = await Session.load(ensembleOf([network(1), network(2), network(6)]), { threads: 1 });
    const { logits, saliency } = await session.run({ input: floats([1, 2], [1, -2]) });
    await session.dispose();
    expect([...(logits?.data ?? [])].map(Number)).toEqual([3, -6]);
    expect([...(saliency?.data ?? [])].map(Number)).toEqual([4, 1]);
  });

  it("looks again at the picture moved down and to the right, with the same weights", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("input", ["N", 1, 3, 3]);
    const weights = graph.constant(floats([1, 1, 3, 3], [0, 0, 0, 0, 1, 0, 0, 0, 0]), "weights");
    graph.add("Mul", [x, weights], {}, "saliency");
    graph.add("ReduceSum", ["saliency", graph.ints([2, 3])], { keepdims: 0 }, "logits");
    graph.output("logits", "logits", ["N", 1]);
    graph.output("saliency", "saliency", ["N", 1, 3, 3]);
    const model = ensembleOf([graph.build()], [0, 1]);
    expect([...model.initializers.keys()].filter((name) => name.endsWith("weights"))).toHaveLength(1);
    const session = await Session.load(model, { threads: 1 });
    const picture = floats([1, 1, 3, 3], [8, 0, 0, 0, 2, 0, 0, 0, 0]);
    const { logits } = await session.run({ input: picture });
    await session.dispose();
    // The middle is 2, and 8 once the picture has moved.
    expect(Number(logits?.data[0])).toBe(5);
  });

  it("refuses networks that do not look at the same thing, or none", () => {
    expect(() => ensembleOf([network(1), network(1, "picture")])).toThrow("same input");
    expect(() => ensembleOf([])).toThrow("at least one network");
  });
});
