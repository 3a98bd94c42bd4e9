/**
 * @file Figures of scored cases where each case counts by a weight: a bootstrap draw is a weight a case, so that the
 * cases are sorted once and every draw costs one pass. Pure.
 *
 * A figure that is not defined (one kind of case only) is NaN.
 */

/** Cases by falling score. */
export interface SortedCases {
  /** Indices of the cases as they were given. */
  readonly order: Uint32Array;
  readonly scores: Float64Array;
  readonly positive: Uint8Array;
}

/** Weights of sorted cases, in their order; all 1 for the cases themselves. */
export type Weights = ArrayLike<number>;

/** A place on a curve: what is called positive scores at least `threshold`. */
export interface OperatingCount {
  readonly threshold: number;
  /** Weights of the positives and of the negatives that are called. */
  readonly hits: number;
  readonly alarms: number;
}

/** Sort cases by score. */
export function sortCases(scores: ArrayLike<number>, positive: ArrayLike<boolean>): SortedCases {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  return {
    order,
    scores: Float64Array.from(order, (i) => scores[i] ?? 0),
    positive: Uint8Array.from(order, (i) => (positive[i] === true ? 1 : 0)),
  };
}

/** After each group of equal scores: how much is called so far. Begins with nothing called. */
export function countsByThreshold({ scores, positive }: SortedCases, weights: Weights): OperatingCount[] {
  const counts: OperatingCount[] = [{ threshold: Infinity, hits: 0, alarms: 0 }];
  let [hits, alarms] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    const weight = weights[i] ?? 0;
    if (positive[i]) hits += weight;
    else alarms += weight;
    if (scores[i + 1] !== scores[i]) counts.push({ threshold: scores[i] ?? 0, hits, alarms });
  }
  return counts;
}

/** Area under the ROC curve; ties count one half. */
export function aucOf(counts: readonly OperatingCount[]): number {
  const all = counts.at(-1);
  if (!all) return NaN;
  let area = 0;
  for (const [i, { hits, alarms }] of counts.entries()) {
    const before = counts[i - 1];
    if (before) area += ((alarms - before.alarms) * (hits + before.hits)) / 2;
  }
  return area / (all.hits * all.alarms);
}

/** Average precision: Σ (recall gained) · precision, from the highest score down; no interpolation. */
export function averagePrecisionOf(counts: readonly OperatingCount[]): number {
  const positives = counts.at(-1)?.hits ?? 0;
  let sum = 0;
  for (const [i, { hits, alarms }] of counts.entries()) {
    const gained = hits - (counts[i - 1]?.hits ?? 0);
    if (gained > 0) sum += (gained * hits) / (hits + alarms);
  }
  return sum / positives;
}

/** Weights of the four kinds of call; a score at or above the threshold is called positive. */
export interface Calls {
  readonly hits: number;
  readonly misses: number;
  readonly alarms: number;
  readonly cleared: number;
}

export function callsAt({ scores, positive }: SortedCases, weights: Weights, threshold: number): Calls {
  let [hits, misses, alarms, cleared] = [0, 0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    const [weight, called] = [weights[i] ?? 0, (scores[i] ?? 0) >= threshold];
    if (positive[i]) {
      if (called) hits += weight;
      else misses += weight;
    } else if (called) alarms += weight;
    else cleared += weight;
  }
  return { hits, misses, alarms, cleared };
}

/** Mean of (probability - outcome)² (Brier 1950). */
export function brierOf({ scores, positive }: SortedCases, weights: Weights): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    const weight = weights[i] ?? 0;
    sum += weight * ((scores[i] ?? 0) - (positive[i] ?? 0)) ** 2;
    total += weight;
  }
  return sum / total;
}

/** Probabilities nearer to 0 or 1 than this are taken as this: a certain mistake costs much, not everything. */
export const LEAST_PROBABILITY = 1e-7;

/** Mean of -log(probability given to what was true). */
export function logLossOf({ scores, positive }: SortedCases, weights: Weights): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    const weight = weights[i] ?? 0;
    if (weight === 0) continue;
    const given = positive[i] ? (scores[i] ?? 0) : 1 - (scores[i] ?? 0);
    sum -= weight * Math.log(Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, given)));
    total += weight;
  }
  return sum / total;
}
