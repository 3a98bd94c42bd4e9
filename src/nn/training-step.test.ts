/**
 * @file A training step against PyTorch's arithmetic done by hand, its determinism, and what it refuses to spoil.
 */
import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import type { Model } from "./model.ts";
import { floats, sizeOf } from "./tensor.ts";
import type { FloatTensor } from "./tensor.ts";
import { decodeTrainingState, encodeTrainingState } from "./training-state.ts";
import { TrainingStep } from "./training-step.ts";
import type { Rates } from "./training-step.ts";

const CLASSES = 3;
const RATES: Rates = { learningRate: () => 0.01, weightDecay: () => 0.1 };

/** Repeatable values over ±`scale`. */
function wave(shape: readonly number[], phase: number, scale = 1): FloatTensor {
  return floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => scale * Math.sin(2.3 * i + phase)),
  );
}

/** A small network with every kind of weight: Conv, depthwise Conv, BatchNormalization, Gemm. Input `image` [N, 2, 8, 8]. */
function network(): Model {
  const graph = new GraphBuilder();
  const image = graph.input("image", ["N", 2, 8, 8]);
  const constant = (name: string, shape: readonly number[], phase: number) =>
    graph.constant(wave(shape, phase, 0.5), name);
  const stem = graph.add("Conv", [image, constant("stem", [4, 2, 3, 3], 1)], {
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  const statistics = [
    graph.constant(wave([4], 2), "mean"),
    graph.constant(floats([4], [1, 2, 3, 4]), "variance"),
  ];
  const norm = graph.add("BatchNormalization", [
    stem,
    constant("gamma", [4], 3),
    constant("beta", [4], 4),
    ...statistics,
  ]);
  const deep = graph.add(
    "Conv",
    [graph.add("Relu", [norm]), constant("deep", [4, 1, 3, 3], 5), constant("offset", [4], 6)],
    {
      group: 4,
      pads: [1, 1, 1, 1],
    },
  );
  const pooled = graph.add("Flatten", [graph.add("GlobalAveragePool", [graph.add("Relu", [deep])])]);
  const logits = graph.add(
    "Gemm",
    [pooled, constant("head", [CLASSES, 4], 7), constant("bias", [CLASSES], 8)],
    { transB: 1 },
    "logits",
  );
  graph.output(logits);
  return graph.build();
}

const PARAMETERS = ["stem", "gamma", "beta", "deep", "offset", "head", "bias"];
const OPTIONS = { logits: "logits", parameters: PARAMETERS, optimizer: "adam", threads: 2 } as const;

/** Batch number `n` of `size` examples, each of class n, n + 1, … with equal weights that sum to 1. */
function batch(n: number, size = 4) {
  const target = floats([size, CLASSES], new Float32Array(size * CLASSES));
  for (let i = 0; i < size; i++) target.data[i * CLASSES + ((i + n) % CLASSES)] = 1 / size;
  return { feeds: { image: wave([size, 2, 8, 8], n) }, target };
}

async function trained(steps: number, from?: TrainingStep): Promise<TrainingStep> {
  const training = from ?? (await TrainingStep.create(network(), OPTIONS));
  for (let n = 0; n < steps; n++) {
    const { feeds, target } = batch(n, n % 3 === 2 ? 2 : 4);
    await training.step(feeds, target, RATES);
  }
  return training;
}

describe("TrainingStep", () => {
  it("makes Adam's and SGD's first update", async () => {
    const graph = new GraphBuilder();
    graph.output(
      graph.add("Mul", [graph.input("x", ["N", 2]), graph.constant(floats([2], [1, 2]), "w")], {}, "logits"),
    );
    const model = graph.build();
    // logits (1, 2), softmax (1, e) / (1 + e), so the loss of class 0 is log(1 + e) and its gradient ∓e / (1 + e).
    const e = Math.E / (1 + Math.E);
    const expected = {
      // Adam's first direction is the gradient's sign.
      adam: [1 - 0.01 * (-1 + 0.1 * 1), 2 - 0.01 * (1 + 0.1 * 2)],
      sgd: [1 - 0.01 * (-e + 0.1 * 1), 2 - 0.01 * (e + 0.1 * 2)],
    };
    for (const optimizer of ["adam", "sgd"] as const) {
      const training = await TrainingStep.create(model, { logits: "logits", parameters: ["w"], optimizer });
      const { loss, logits } = await training.step(
        { x: floats([1, 2], [1, 1]) },
        floats([1, 2], [1, 0]),
        RATES,
      );
      expect(loss).toBeCloseTo(Math.log(1 + Math.E), 6);
      expect([...logits.data]).toEqual([1, 2]);
      const moved = [...(training.parameters().get("w") ?? [])];
      expected[optimizer].forEach((value, i) => expect(moved[i]).toBeCloseTo(value, 6));
      await training.dispose();
    }
  });

  it("lowers the loss of a batch, and evaluates what it trained", async () => {
    const training = await TrainingStep.create(network(), OPTIONS);
    const { feeds, target } = batch(0);
    const before = await training.evaluate(feeds, target);
    const first = await training.step(feeds, target, RATES);
    expect(first.loss).toBeCloseTo(before.loss, 5);
    for (let n = 0; n < 20; n++) await training.step(feeds, target, RATES);
    const after = await training.evaluate(feeds, target);
    expect(after.loss).toBeLessThan(before.loss);
    expect(training.model().initializers.get("head")?.data).toEqual(training.parameters().get("head"));
    await training.dispose();
  });

  it("gives the same bits again, also after its state went through bytes", async () => {
    const whole = await trained(10);
    const again = await trained(10);
    expect(again.state()).toEqual(whole.state());

    const first = await trained(5);
    const bytes = encodeTrainingState(first.state());
    const resumed = await TrainingStep.create(network(), OPTIONS);
    await resumed.restore(decodeTrainingState(bytes));
    await trained(5, first);
    await trained(5, resumed);
    expect(encodeTrainingState(resumed.state())).toEqual(encodeTrainingState(first.state()));
    expect(resumed.state().steps).toBe(10);
    for (const training of [whole, again, first, resumed]) await training.dispose();
  });

  it("tells of a loss that is no number, and leaves the parameters as they were", async () => {
    const training = await trained(2);
    const before = training.state();
    const { feeds, target } = batch(0);
    const broken = {
      image: floats(
        feeds.image.shape,
        feeds.image.data.map((v, i) => (i === 5 ? NaN : v)),
      ),
    };
    expect((await training.step(broken, target, RATES)).loss).toBeNaN();
    expect(training.state()).toEqual(before);
    await training.dispose();
  });

  it("names what is wrong with a parameter or a state", async () => {
    const create = (parameters: string[]) => TrainingStep.create(network(), { ...OPTIONS, parameters });
    await expect(create(["nothing"])).rejects.toThrow('"nothing" is no float32 initializer');
    const training = await TrainingStep.create(network(), OPTIONS);
    const state = training.state();
    await expect(training.restore({ ...state, optimizer: "sgd" })).rejects.toThrow("this run's is adam");
    await expect(training.restore({ ...state, parameters: new Map() })).rejects.toThrow(
      'no values of "stem"',
    );
    const bytes = encodeTrainingState(state);
    expect(() => decodeTrainingState(bytes.subarray(0, bytes.length - 1))).toThrow("cut off");
    await training.dispose();
  });
});
