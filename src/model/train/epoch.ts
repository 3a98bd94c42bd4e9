/**
 * @file The figures of an epoch, and of a pass over pictures with known classes.
 */
import { auc } from "../metrics.ts";
import type { RunningSums } from "./checkpoint.ts";

/** A line of `metrics.jsonl`. A figure that cannot be computed (no validation, one class only) is null. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Of the new layer, at the epoch's last step. */
  readonly learningRate: number;
  /** Over the pictures as they were shown, while the weights changed. */
  readonly loss: number;
  readonly accuracy: number;
  readonly auc: number | null;
  readonly validationLoss: number | null;
  readonly validationAccuracy: number | null;
  readonly validationAuc: number | null;
  readonly imagesPerSecond: number;
  readonly seconds: number;
  /** Share of the time that the network waited for pictures. */
  readonly waitingShare: number;
}

export const NOTHING_SEEN: RunningSums = { loss: 0, weight: 0, correct: 0, positive: [], probability: [] };

/** Probabilities of a row of logits. */
export function softmax(logits: Float32Array): number[] {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The sums with a batch more. `loss` is its mean, each picture counting by its weight. */
export function withBatch(
  sums: RunningSums,
  batch: {
    readonly loss: number;
    readonly logits: Float32Array;
    readonly classIndex: readonly number[];
    readonly weight: number;
  },
  positive: number,
): RunningSums {
  const classes = batch.logits.length / batch.classIndex.length;
  const rows = batch.classIndex.map((_, n) => softmax(batch.logits.subarray(n * classes, (n + 1) * classes)));
  const right = rows.filter((row, n) => row.indexOf(Math.max(...row)) === batch.classIndex[n]).length;
  return {
    loss: sums.loss + batch.loss * batch.weight,
    weight: sums.weight + batch.weight,
    correct: sums.correct + right,
    positive: [...sums.positive, ...batch.classIndex.map((c) => c === positive)],
    probability: [...sums.probability, ...rows.map((row) => row[positive] ?? 0)],
  };
}

/** Mean loss, accuracy and AUC; null for what nothing was seen of. */
export function figuresOf({ loss, weight, correct, positive, probability }: RunningSums): {
  readonly loss: number | null;
  readonly accuracy: number | null;
  readonly auc: number | null;
} {
  const count = positive.length;
  const hasBoth = new Set(positive).size === 2;
  return {
    loss: count ? loss / weight : null,
    accuracy: count ? correct / count : null,
    auc: hasBoth ? auc({ scores: probability, positive }) : null,
  };
}
