/**
 * @file Calibration: whether of the cases given 30 % about 30 % are positive. Pure.
 */
import { logOdds, sigmoid } from "./log-odds.ts";
import { proportion } from "./metrics.ts";
import type { Estimate } from "./metrics.ts";
import { LEAST_PROBABILITY } from "./metrics-weighted.ts";
import type { SortedCases, Weights } from "./metrics-weighted.ts";

/** Bins of equal width of a reliability diagram. */
const BINS = 10;

/** The cases of a range of probabilities. */
export interface ReliabilityBin {
  readonly meanProbability: number;
  /** Share of positives, Wilson's interval. */
  readonly observed: Estimate;
  readonly count: number;
}

interface BinSums {
  readonly weight: Float64Array;
  readonly probability: Float64Array;
  readonly positives: Float64Array;
}

function binSums({ scores, positive }: SortedCases, weights: Weights): BinSums {
  const sums = [0, 1, 2].map(() => new Float64Array(BINS));
  const [weight = sums[0], probability = sums[0], positives = sums[0]] = sums;
  if (!weight || !probability || !positives) throw new RangeError("no bins");
  for (let i = 0; i < scores.length; i++) {
    const [score, counts] = [scores[i] ?? 0, weights[i] ?? 0];
    const bin = Math.min(BINS - 1, Math.floor(score * BINS));
    weight[bin] = (weight[bin] ?? 0) + counts;
    probability[bin] = (probability[bin] ?? 0) + counts * score;
    positives[bin] = (positives[bin] ?? 0) + counts * (positive[i] ?? 0);
  }
  return { weight, probability, positives };
}

/** The bins that have cases, ten of equal width at most. */
export function reliabilityBins(cases: SortedCases): ReliabilityBin[] {
  const { weight, probability, positives } = binSums(
    cases,
    cases.scores.map(() => 1),
  );
  return Array.from(weight).flatMap((count, bin) => {
    if (count === 0) return [];
    const meanProbability = (probability[bin] ?? 0) / count;
    return [{ meanProbability, observed: proportion(positives[bin] ?? 0, count), count }];
  });
}

/** Expected calibration error: Σ (share of the bin) · |mean probability - share of positives| (Naeini 2015). */
export function eceOf(cases: SortedCases, weights: Weights): number {
  const { weight, probability, positives } = binSums(cases, weights);
  const total = weight.reduce((a, b) => a + b, 0);
  return probability.reduce((sum, p, bin) => sum + Math.abs(p - (positives[bin] ?? 0)), 0) / total;
}

/** Newton's method stops at steps below this, and gives up after so many: a threshold separates the kinds. */
const SMALLEST_STEP = 1e-10;
const MOST_STEPS = 60;
/** Far from the top the likelihood is all but flat, and a step unbounded would leave it for good. */
const LARGEST_STEP = 1;

export interface LogisticFit {
  readonly intercept: number;
  readonly slope: number;
}

const bounded = (step: number): number => Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, step));

const NO_FIT: LogisticFit = { intercept: NaN, slope: NaN };

/**
 * Cox's recalibration (1958): maximum likelihood of `logit P(positive) = intercept + slope · logit(probability)`.
 * A slope below 1 says that the probabilities are too extreme. NaN where there is none: one kind of case only, or kinds
 * that a threshold separates.
 * @param fixedSlope for the intercept alone, "calibration in the large"
 * @param start where to begin: the fit of all cases, for a bootstrap draw of them
 */
export function calibrationFit(
  { scores, positive }: SortedCases,
  weights: Weights,
  { fixedSlope, start }: { readonly fixedSlope?: number; readonly start?: LogisticFit } = {},
): LogisticFit {
  const logits = scores.map((score) =>
    logOdds(Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, score))),
  );
  let { intercept, slope } = start ?? { intercept: 0, slope: 1 };
  if (fixedSlope !== undefined) slope = fixedSlope;
  for (let step = 0; step < MOST_STEPS; step++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
    for (let i = 0; i < logits.length; i++) {
      const [weight, x] = [weights[i] ?? 0, logits[i] ?? 0];
      if (weight === 0) continue;
      const p = sigmoid(intercept + slope * x);
      const [residual, curvature] = [weight * ((positive[i] ?? 0) - p), weight * p * (1 - p)];
      g0 += residual;
      g1 += residual * x;
      h00 += curvature;
      h01 += curvature * x;
      h11 += curvature * x * x;
    }
    const determinant = h00 * h11 - h01 * h01;
    const [dIntercept, dSlope] =
      fixedSlope === undefined
        ? [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant]
        : [g0 / h00, 0];
    intercept += bounded(dIntercept);
    slope += bounded(dSlope);
    if (!Number.isFinite(intercept) || !Number.isFinite(slope)) return NO_FIT;
    if (Math.abs(dIntercept) + Math.abs(dSlope) < SMALLEST_STEP) return { intercept, slope };
  }
  return NO_FIT;
}
