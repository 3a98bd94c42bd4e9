/**
 * @file What a search makes large or small: a figure that a training leaves behind.
 */
import type { Metric } from "../spec.ts";
import type { EpochRecord } from "../train/epoch.ts";

export const OBJECTIVES = [
  "validation-auc",
  "validation-loss",
  "validation-accuracy",
  "cross-validation-auc",
] as const;
export type Objective = (typeof OBJECTIVES)[number];

/** What a training left: its epochs, and the figures of its package. */
export interface TrainingRecord {
  readonly epochs: readonly EpochRecord[];
  readonly metrics: readonly Metric[];
}

export const isSmallerBetter = (objective: Objective): boolean => objective === "validation-loss";

/** A value as a cost: smaller is better. */
export const costOf = (objective: Objective, value: number): number =>
  isSmallerBetter(objective) ? value : -value;

const FIGURES = {
  "validation-auc": "validationAuc",
  "validation-loss": "validationLoss",
  "validation-accuracy": "validationAccuracy",
} as const satisfies Partial<Record<Objective, keyof EpochRecord>>;

/**
 * The objective's value: of the best epoch, whose weights the package has.
 * @throws RangeError when the training has no such figure
 */
export function objectiveOf(objective: Objective, { epochs, metrics }: TrainingRecord): number {
  if (objective === "cross-validation-auc") {
    const found = metrics.find(({ name, of }) => name === "AUC" && of.includes("cross-validation"));
    if (found) return found.value;
    throw new RangeError("the training has no cross-validation: --folds 2 or more is expected");
  }
  const values = epochs.flatMap((epoch) => epoch[FIGURES[objective]] ?? []);
  if (values.length === 0) {
    throw new RangeError(`the training has no ${objective}: validation pictures of both kinds are expected`);
  }
  return isSmallerBetter(objective) ? Math.min(...values) : Math.max(...values);
}
