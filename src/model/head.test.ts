import { describe, expect, it } from "vitest";

import { OPSET } from "../nn/builder.ts";
import { Session } from "../nn/session.ts";
import { floats } from "../nn/tensor.ts";
import { headModel, trainableHead } from "./head.ts";

async function logitsOf(
  model: Parameters<typeof Session.load>[0],
  name: string,
  input: ReturnType<typeof floats>,
) {
  const session = await Session.load(model);
  const { logits } = await session.run({ [name]: input });
  await session.dispose();
  return [...(logits?.data ?? [])].map(Number);
}

describe("the head", () => {
  it("over cells: the logit of an image is the log of the mean of its cells' exponentials", async () => {
    const head = { weights: Float32Array.of(0, 1), bias: Float32Array.of(0.5, 0) };
    const maps = { layer: "maps", channels: 1, rows: 2, columns: 2 };
    const cells = floats([1, 1, 2, 2], [Math.log(1), Math.log(3), Math.log(5), Math.log(7)]);
    const [first = NaN, second = NaN] = await logitsOf(
      headModel(maps, "log-mean-exp", head, OPSET),
      "maps",
      cells,
    );
    expect(first).toBeCloseTo(0.5, 5);
    expect(second).toBeCloseTo(Math.log(4), 5); // (1 + 3 + 5 + 7) / 4
  });

  it("in training standardises features first, and over cells gives the first class no evidence", async () => {
    const head = { weights: Float32Array.of(9, 2), bias: Float32Array.of(0.25, 1) };
    const standard = { mean: Float32Array.of(10), deviation: Float32Array.of(4) };
    // (14 - 10) / 4 = 1 and (6 - 10) / 4 = -1: scores 1 + 2 and 1 - 2
    const both = await logitsOf(
      trainableHead({ cells: 2, features: 1 }, head, standard, OPSET),
      "pooled",
      floats([1, 2], [14, 6]),
    );
    expect(both[0]).toBeCloseTo(0.25, 5);
    expect(both[1]).toBeCloseTo(Math.log((Math.exp(3) + Math.exp(-1)) / 2), 5);
    const one = await logitsOf(
      trainableHead({ cells: 1, features: 1 }, head, standard, OPSET),
      "pooled",
      floats([1, 1], [14]),
    );
    expect(one).toEqual([9.25, 3]);
  });
});
