import { describe, expect, it } from "vitest";

import { headModel } from "../model/head.ts";
import { Session } from "../nn/session.ts";
import { floats } from "../nn/tensor.ts";
import { gradCam } from "./grad-cam.ts";

const maps = { layer: "maps", channels: 2, rows: 2, columns: 3 };

/** Two images: channel 0 rises, channel 1 falls or is flat. */
const values = [...[1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1], ...[0, 0, 0, 0, 0, 2, 1, 1, 1, 1, 1, 1]];
const input = { maps: floats([2, 2, 2, 3], values) };

async function saliencyOf(pooling: "mean" | "max" | "mean+max", weights: number[], classIndex: number) {
  const head = { weights: Float32Array.from(weights), bias: Float32Array.of(0.1, -0.2) };
  const target = { logits: "logits", classes: 2, classIndex, maps: ["maps"] };
  const model = gradCam.add(headModel(maps, pooling, head, 15), target);
  const session = await Session.load(model);
  const { saliency, logits } = await session.run(input);
  await session.dispose();
  return { saliency: [...(saliency?.data ?? [])].map(Number), shape: saliency?.shape, logits: logits?.data };
}

describe("Grad-CAM in the graph", () => {
  it("of a mean-pooled head is its class activation map over the number of cells", async () => {
    // The logit is 2 mean(A) - 1 mean(B): each cell's gradient is 2/6 and -1/6, and so are their means.
    const { saliency, shape } = await saliencyOf("mean", [9, 9, 2, -1], 1);
    expect(shape).toEqual([2, 2, 3]);
    const expected = [0, 1].flatMap((n) =>
      Array.from({ length: 6 }, (_, i) => {
        const [a = 0, b = 0] = [values[12 * n + i], values[12 * n + 6 + i]];
        return Math.max(0, (2 * a - b) / 6);
      }),
    );
    saliency.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 6));
  });

  it("of a max-pooled head is weighed by the same, the gradient being at one cell", async () => {
    // The gradient of max(A) is 1 at one cell: its mean over 6 cells is 1/6. Ties share it, the sum stays 1.
    const { saliency } = await saliencyOf("max", [1, 0, 0, 0], 0);
    values.slice(0, 6).forEach((a, i) => expect(saliency[i]).toBeCloseTo(a / 6, 6));
  });

  it("of mean and max joined adds both weights", async () => {
    const { saliency } = await saliencyOf("mean+max", [0, 0, 0, 0, 1, 0, 2, 0], 1);
    values.slice(0, 6).forEach((a, i) => expect(saliency[i]).toBeCloseTo((a * 3) / 6, 6));
  });

  it("is empty where nothing speaks for the class, and does not change the logits", async () => {
    const { saliency, logits } = await saliencyOf("mean", [1, 1, -1, -1], 1);
    expect(saliency.every((value) => value === 0)).toBe(true);
    // 0.1 + 3.5 + 3.5 and -0.2 - 7 for the first image
    expect(logits?.[0]).toBeCloseTo(7.1, 5);
    expect(logits?.[1]).toBeCloseTo(-7.2, 5);
  });
});
