/**
 * @file The figures of judged cases, each with its 95 % interval. Pure; the same cases give the same intervals.
 */
import { calledClass } from "./judged.ts";
import type { JudgedSet } from "./judged.ts";
import { aucDeLong, proportion } from "./metrics.ts";
import type { Estimate } from "./metrics.ts";
import { bootstrapFigures } from "./metrics-bootstrap.ts";
import type { Interval } from "./metrics-bootstrap.ts";
import { calibrationFit, eceOf } from "./metrics-calibration.ts";
import type { LogisticFit } from "./metrics-calibration.ts";
import {
  aucOf,
  averagePrecisionOf,
  brierOf,
  callsAt,
  countsByThreshold,
  logLossOf,
  sortCases,
} from "./metrics-weighted.ts";
import type { SortedCases, Weights } from "./metrics-weighted.ts";
import { seededRandom } from "./train/random.ts";

/** Seed of the bootstrap: the same data, the same interval. */
export const BOOTSTRAP_SEED = 1;

/** What is known of one class against all others, in the order it is shown. */
export const FIGURES = {
  accuracy: "accuracy",
  sensitivity: "sensitivity",
  specificity: "specificity",
  ppv: "positive predictive value",
  npv: "negative predictive value",
  auc: "AUC",
  averagePrecision: "average precision",
  logLoss: "log-loss",
  brier: "Brier score",
  ece: "calibration error (ECE)",
  calibrationSlope: "calibration slope",
  calibrationIntercept: "calibration in the large",
} as const;
export type FigureName = keyof typeof FIGURES;

/** How an interval was made. */
export type IntervalMethod = "Wilson" | "DeLong" | "patients drawn again";

export interface Figure {
  readonly value: number;
  /** null where too few draws had the figure. */
  readonly interval: Interval | null;
  readonly method: IntervalMethod;
  /** The interval when patients are drawn again, beside a closed form that takes all cases as independent. */
  readonly byPatient: Interval | null;
}

/** null for what is not defined: there is only one kind of case, or a threshold separates the kinds. */
export type Figures = Readonly<Record<FigureName, Figure | null>>;

const NAMES = Object.keys(FIGURES) as FigureName[];

/** Cox's two recalibrations: slope and intercept together, and the intercept where the slope is 1. */
interface Fits {
  readonly both: LogisticFit;
  readonly inTheLarge: LogisticFit;
}

/** The fits of a draw, begun where those of all cases ended; where all cases have none, none is looked for. */
function refit(cases: SortedCases, weights: Weights, from: Fits): Fits {
  const fit = (start: LogisticFit, fixed: { fixedSlope?: number }): LogisticFit =>
    Number.isFinite(start.slope) ? calibrationFit(cases, weights, { start, ...fixed }) : start;
  return { both: fit(from.both, {}), inTheLarge: fit(from.inTheLarge, { fixedSlope: 1 }) };
}

/** All figures of a draw; NaN for what is not defined. */
function valuesOf(
  cases: SortedCases,
  weights: Weights,
  right: ArrayLike<number>,
  threshold: number,
  fits: Fits,
): Record<FigureName, number> {
  const counts = countsByThreshold(cases, weights);
  const { hits, misses, alarms, cleared } = callsAt(cases, weights, threshold);
  const { both, inTheLarge } = refit(cases, weights, fits);
  let correct = 0;
  for (let i = 0; i < right.length; i++) correct += (weights[i] ?? 0) * (right[i] ?? 0);
  return {
    accuracy: correct / (hits + misses + alarms + cleared),
    sensitivity: hits / (hits + misses),
    specificity: cleared / (alarms + cleared),
    ppv: hits / (hits + alarms),
    npv: cleared / (misses + cleared),
    auc: aucOf(counts),
    averagePrecision: averagePrecisionOf(counts),
    logLoss: logLossOf(cases, weights),
    brier: brierOf(cases, weights),
    ece: eceOf(cases, weights),
    calibrationSlope: both.slope,
    calibrationIntercept: inTheLarge.intercept,
  };
}

/** Scores of a class and whether each case is of it. */
export function scoredFor(
  { cases }: JudgedSet,
  classIndex: number,
): { scores: number[]; positive: boolean[] } {
  return {
    scores: cases.map(({ probabilities }) => probabilities[classIndex] ?? 0),
    positive: cases.map((judged) => judged.classIndex === classIndex),
  };
}

/** Closed forms, where there are. */
function closedForms(
  set: JudgedSet,
  classIndex: number,
  cases: SortedCases,
  correct: number,
): Partial<Record<FigureName, Estimate & { method: IntervalMethod }>> {
  const { hits, misses, alarms, cleared } = callsAt(
    cases,
    cases.scores.map(() => 1),
    set.threshold,
  );
  const wilson = (count: number, of: number) =>
    of > 0 ? { ...proportion(count, of), method: "Wilson" as const } : undefined;
  const entries: [FigureName, (Estimate & { method: IntervalMethod }) | undefined][] = [
    ["accuracy", wilson(correct, cases.scores.length)],
    ["sensitivity", wilson(hits, hits + misses)],
    ["specificity", wilson(cleared, alarms + cleared)],
    ["ppv", wilson(hits, hits + alarms)],
    ["npv", wilson(cleared, misses + cleared)],
  ];
  if (hits + misses > 0 && alarms + cleared > 0) {
    entries.push(["auc", { ...aucDeLong(scoredFor(set, classIndex)), method: "DeLong" }]);
  }
  return Object.fromEntries(entries.filter(([, estimate]) => estimate !== undefined));
}

/**
 * The figures of one class against all others.
 * @param classIndex the positive class by default; the threshold is the set's
 */
export function figuresOf(set: JudgedSet, classIndex = set.positive): Figures {
  const { scores, positive } = scoredFor(set, classIndex);
  const cases = sortCases(scores, positive);
  const right = Uint8Array.from(cases.order, (i) => {
    const judged = set.cases[i];
    return judged && calledClass(set, judged) === judged.classIndex ? 1 : 0;
  });
  const ones = new Float64Array(scores.length).fill(1);
  const fits = {
    both: calibrationFit(cases, ones),
    inTheLarge: calibrationFit(cases, ones, { fixedSlope: 1 }),
  };
  const own = valuesOf(cases, ones, right, set.threshold, fits);
  const groups = Array.from(cases.order, (i) => set.cases[i]?.group ?? "");
  const draw = (weights: Float64Array): number[] => {
    const values = valuesOf(cases, weights, right, set.threshold, fits);
    return NAMES.map((name) => values[name]);
  };
  const intervals = scores.length === 0 ? [] : bootstrapFigures(groups, draw, seededRandom(BOOTSTRAP_SEED));
  const correct = right.reduce((a, b) => a + b, 0);
  const closed = scores.length === 0 ? {} : closedForms(set, classIndex, cases, correct);
  const figure = (name: FigureName, index: number): Figure | null => {
    const value = own[name];
    if (!Number.isFinite(value)) return null;
    const byPatient = intervals[index] ?? null;
    const form = closed[name];
    return form
      ? { value: form.value, interval: form.interval, method: form.method, byPatient }
      : { value, interval: byPatient, method: "patients drawn again", byPatient };
  };
  return Object.fromEntries(NAMES.map((name, i) => [name, figure(name, i)])) as Record<
    FigureName,
    Figure | null
  >;
}
