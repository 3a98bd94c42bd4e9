/**
 * @file Training the classification layer on pooled features: cross-entropy, its gradient compiled by `src/nn` and
 * run by ONNX Runtime, Adam. Deterministic: one thread, a seeded order, a seeded start.
 */
import { GraphBuilder } from "../../nn/builder.ts";
import { differentiate, gradientName } from "../../nn/differentiate.ts";
import type { Model } from "../../nn/model.ts";
import { Session } from "../../nn/session.ts";
import { floats } from "../../nn/tensor.ts";
import { addLinear, addStandardised } from "../head.ts";
import type { LinearHead } from "../head.ts";
import { Adam } from "./adam.ts";
import type { FeatureMatrix } from "./features.ts";
import { seededRandom, shuffled } from "./random.ts";
import { foldStandard, standardOf } from "./standardise.ts";
import type { Standard } from "./standardise.ts";

export interface HeadOptions {
  readonly classes: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly seed: number;
  /** Called after each epoch with its mean loss and accuracy on the training data. */
  readonly onEpoch?: (epoch: EpochReport) => void;
}

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** Features with what they are, and how much each counts. */
export interface HeadData {
  readonly features: FeatureMatrix;
  /** Feature vectors a picture: more than 1 with log-mean-exp pooling. */
  readonly cells: number;
  readonly classIndex: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
}

/** Size of the random initial weights. */
const INITIAL_SPREAD = 0.01;

/**
 * The weighted cross-entropy of a linear layer on standardised features, with its gradients.
 * Inputs: `x` `[N, cells · features]`, `target` `[N, classes]` (one-hot times the example's share), `w`, `b`.
 */
export function headLoss(standard: Standard, classes: number, cells = 1): Model {
  const features = standard.mean.length;
  const graph = new GraphBuilder();
  const x = graph.input("x", ["N", cells * features]);
  const scaled = addStandardised(graph, x, cells, standard);
  const target = graph.input("target", ["N", classes]);
  const w = graph.input("w", [classes, features]);
  const b = graph.input("b", [classes]);
  const logits = addLinear(graph, scaled, { weights: w, bias: b, classes }, { cells, features }, "logits");
  const logProbability = graph.add("LogSoftmax", [logits], { axis: 1 });
  const likelihood = graph.add("ReduceSum", [graph.add("Mul", [target, logProbability])], { keepdims: 0 });
  graph.add("Neg", [likelihood], {}, "loss");
  graph.output("loss", "loss", []);
  graph.output(logits, "logits", ["N", classes]);
  return differentiate(graph.build(), { of: "loss", withRespectTo: [w, b] });
}

/** Rows of a matrix. */
function rowsOf({ values, length }: FeatureMatrix, indices: readonly number[]): Float32Array {
  const rows = new Float32Array(indices.length * length);
  indices.forEach((index, n) => {
    rows.set(values.subarray(index * length, (index + 1) * length), n * length);
  });
  return rows;
}

function argMax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? -Infinity) ? i : best), 0);
}

/**
 * Train a linear head on the rows `indices`. Where cells are scored one by one, the first class is the reference: it
 * has no evidence of its own, so that a picture is normal for want of the others' evidence. Features are standardised by those rows; the standardisation is
 * folded into the weights that come back, so the head takes features as they are.
 */
export async function trainHead(
  data: HeadData,
  indices: readonly number[],
  options: HeadOptions,
): Promise<LinearHead> {
  const { classes, epochs, batchSize, learningRate, weightDecay, seed, onEpoch } = options;
  const { cells } = data;
  const length = data.features.length / cells;
  const random = seededRandom(seed);
  const standard = standardOf(data.features, indices, cells);
  const w = Float32Array.from({ length: classes * length }, () => (2 * random() - 1) * INITIAL_SPREAD);
  const b = new Float32Array(classes);
  if (cells > 1) w.fill(0, 0, length);
  const session = await Session.load(headLoss(standard, classes, cells), { threads: 1 });
  const [adamW, adamB] = [new Adam(w.length), new Adam(b.length)];
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = shuffled(indices, random);
      let [loss, correct] = [0, 0];
      for (let start = 0; start < order.length; start += batchSize) {
        const batch = order.slice(start, start + batchSize);
        const total = batch.reduce((sum, i) => sum + (data.weight[i] ?? 1), 0);
        const target = new Float32Array(batch.length * classes);
        batch.forEach((i, n) => {
          target[n * classes + (data.classIndex[i] ?? 0)] = (data.weight[i] ?? 1) / total;
        });
        const result = await session.run({
          x: floats([batch.length, cells * length], rowsOf(data.features, batch)),
          target: floats([batch.length, classes], target),
          w: floats([classes, length], w),
          b: floats([classes], b),
        });
        const at = (name: string): Float32Array => {
          const tensor = result[name];
          if (tensor?.type !== "float32") throw new TypeError(`training graph: no output ${name}`);
          return tensor.data;
        };
        loss += (at("loss")[0] ?? 0) * batch.length;
        const logits = at("logits");
        batch.forEach((i, n) => {
          if (argMax(logits.subarray(n * classes, (n + 1) * classes)) === data.classIndex[i]) correct++;
        });
        adamW.update(w, at(gradientName("w")), { learningRate, weightDecay });
        adamB.update(b, at(gradientName("b")), { learningRate, weightDecay: 0 });
        if (cells > 1) w.fill(0, 0, length);
      }
      onEpoch?.({ epoch, loss: loss / order.length, accuracy: correct / order.length });
    }
  } finally {
    await session.dispose();
  }
  return foldStandard({ weights: w, bias: b }, standard);
}

/** Logits of the rows `indices`: `[indices, classes]`. */
export function headLogits(
  head: LinearHead,
  { features, cells }: Pick<HeadData, "features" | "cells">,
  indices: readonly number[],
): number[][] {
  const { values } = features;
  const length = features.length / cells;
  const score = (row: number, c: number): number => {
    let sum = head.bias[c] ?? 0;
    for (let f = 0; f < length; f++)
      sum += (head.weights[c * length + f] ?? 0) * (values[row * length + f] ?? 0);
    return sum;
  };
  return indices.map((index) =>
    Array.from(head.bias, (_, c) => {
      const scores = Array.from({ length: cells }, (_unused, cell) => score(index * cells + cell, c));
      const largest = Math.max(...scores);
      return largest + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - largest), 0) / cells);
    }),
  );
}
