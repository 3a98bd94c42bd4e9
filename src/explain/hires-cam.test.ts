import { describe, expect, it } from "vitest";

import { headModel } from "../model/head.ts";
import type { Pooling } from "../model/spec.ts";
import { Session } from "../nn/session.ts";
import { floats } from "../nn/tensor.ts";
import { hiResCam } from "./hires-cam.ts";

async function saliencyOf(pooling: Pooling, weights: number[], channels: number, values: number[]) {
  const maps = { layer: "maps", channels, rows: 1, columns: 2 };
  const head = { weights: Float32Array.from(weights), bias: Float32Array.of(0, 0.7) };
  const target = { logits: "logits", classes: 2, classIndex: 1, maps: ["maps"] };
  const session = await Session.load(hiResCam.add(headModel(maps, pooling, head, 15), target));
  const { saliency } = await session.run({ maps: floats([1, channels, 1, 2], values) });
  await session.dispose();
  return [...(saliency?.data ?? [])].map(Number);
}

describe("HiResCAM in the graph", () => {
  it("of cells scored one by one is each one's score times its share in the logit", async () => {
    // Scores ln 3 and 0 have exponentials 3 and 1, so shares 3/4 and 1/4; the bias changes neither.
    const [first, second] = await saliencyOf("log-mean-exp", [0, 1], 1, [Math.log(3), 0]);
    expect(first).toBeCloseTo(0.75 * Math.log(3), 5);
    expect(second).toBeCloseTo(0, 5);
  });

  it("of a mean-pooled head is its class activation map over the number of cells", async () => {
    // Weights 2 and -1: (2 · 1 - 3) / 2 is negative and so 0, (2 · 5 - 4) / 2 = 3
    expect(await saliencyOf("mean", [0, 0, 2, -1], 2, [1, 5, 3, 4])).toEqual([0, 3]);
  });

  it("of a max-pooled head is the one cell that is the maximum", async () => {
    expect(await saliencyOf("max", [0, 2], 1, [1, 5])).toEqual([0, 10]);
  });
});
