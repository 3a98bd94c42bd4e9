/**
 * @file What `firstread train` says on the way: how a step and an epoch went.
 */
import type { EpochRecord } from "../../model/train/epoch.ts";
import type { StepReport } from "../../model/train/fine-tune.ts";

/** A figure, or a dash where there is none. */
export const figure = (value: number | null): string => (value === null ? "–" : value.toFixed(4));

function minutes(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

const runName = (fold: number): string => (fold === 0 ? "" : `fold ${fold}, `);

/** The line that is drawn over and over. */
export function stepText(
  fold: number,
  { epoch, loss, accuracy, imagesPerSecond, secondsLeft }: StepReport,
): string {
  const speed = `${imagesPerSecond.toFixed(1)} images/s, ${minutes(secondsLeft)} left`;
  return `${runName(fold)}epoch ${epoch}: loss ${loss.toFixed(3)}, accuracy ${accuracy.toFixed(3)}, ${speed}`;
}

/** The line that stays. `fold` 0 is the model that is kept. */
export function epochText(fold: number, epochs: number, record: EpochRecord): string {
  const own = `loss ${figure(record.loss)}, accuracy ${figure(record.accuracy)}, AUC ${figure(record.auc)}`;
  const { validationLoss, validationAccuracy, validationAuc } = record;
  const held =
    validationLoss === null
      ? ""
      : `; validation loss ${figure(validationLoss)}, accuracy ${figure(validationAccuracy)}, AUC ${figure(validationAuc)}`;
  const waiting = `${(100 * record.waitingShare).toFixed(1)} % waiting`;
  const speed = `${record.imagesPerSecond.toFixed(1)} images/s, ${minutes(record.seconds)}, ${waiting}`;
  return `${runName(fold)}epoch ${record.epoch} of ${epochs}: ${own}${held} (${speed})`;
}
