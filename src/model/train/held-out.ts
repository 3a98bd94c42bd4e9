/**
 * @file What a model says of pictures it was not trained on: figures with intervals, and the threshold they suggest.
 */
import type { JudgedCase } from "../judged.ts";
import { aucByGroup, aucDeLong, operatingPoint, youdenThreshold } from "../metrics.ts";
import type { Estimate } from "../metrics.ts";
import type { Metric } from "../spec.ts";
import { seededRandom } from "./random.ts";

/** A judged picture, and what a model that has not seen its patient says of it. */
export interface HeldOutPicture extends JudgedCase {
  readonly positive: boolean;
  /** Of the positive class. */
  readonly probability: number;
}

/** What the held-out pictures say together. */
export interface CrossValidation {
  /** 0 where it is one validation set. */
  readonly folds: number;
  readonly pictures: readonly HeldOutPicture[];
  readonly auc: Estimate;
  /** 95 % interval when patients are drawn again. */
  readonly byPatient: readonly [number, number];
  readonly threshold: number;
  readonly sensitivity: Estimate | null;
  readonly specificity: Estimate | null;
}

/** The figures of held-out pictures. @throws RangeError when they are all positive, or none is */
export function summariseHeldOut(
  pictures: readonly HeldOutPicture[],
  folds: number,
  seed: number,
): CrossValidation {
  const scored = {
    scores: pictures.map(({ probability }) => probability),
    positive: pictures.map(({ positive }) => positive),
  };
  const groups = pictures.map(({ group }) => group);
  const threshold = youdenThreshold(scored);
  return {
    folds,
    pictures,
    auc: aucDeLong(scored),
    byPatient: aucByGroup(scored, groups, seededRandom(seed)),
    threshold,
    ...operatingPoint(scored, threshold),
  };
}

/** What the figures are of, in words. */
export function describeHeldOut({ folds }: CrossValidation): string {
  return folds > 0
    ? `training data, ${folds}-fold cross-validation grouped by patient`
    : "validation data, patients that were not trained on; the best epoch and the threshold were chosen on them";
}

export function heldOutMetrics(heldOut: CrossValidation | null): Metric[] {
  if (!heldOut) return [];
  const of = describeHeldOut(heldOut);
  const at = heldOut.threshold.toFixed(3);
  const rows: [string, Estimate | null, string][] = [
    ["AUC", { value: heldOut.auc.value, interval: heldOut.byPatient }, "bootstrap by patient"],
    ["AUC", heldOut.auc, "DeLong"],
    ["sensitivity", heldOut.sensitivity, `at ${at}; Wilson`],
    ["specificity", heldOut.specificity, `at ${at}; Wilson`],
  ];
  return rows.flatMap(([name, estimate, method]) => (estimate ? [{ name, of, ...estimate, method }] : []));
}
