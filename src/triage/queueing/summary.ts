/**
 * @file Mean, percentiles and a confidence interval of waits that depend on each other.
 */

/** Batches of the batch-means interval: enough for a normal quantile, long enough to be independent. */
const BATCHES = 30;
/** Student's t, 97.5 %, 29 degrees of freedom. */
const T_975 = 2.045;

export interface WaitSummary {
  readonly count: number;
  readonly meanMin: number;
  /** Half width of the 95 % interval of the mean, by batch means; NaN below 30 cases. */
  readonly halfWidthMin: number;
  readonly medianMin: number;
  readonly p95Min: number;
  readonly worstMin: number;
}

export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The quantile of values in increasing order; NaN when there are none. */
export const quantileOf = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

/** Half width of the 95 % interval of the mean of values in their order of time. */
function halfWidth(values: Float64Array): number {
  const size = Math.floor(values.length / BATCHES);
  const batches = Float64Array.from({ length: BATCHES }, (_v, i) =>
    meanOf(values.subarray(i * size, (i + 1) * size)),
  );
  const mean = meanOf(batches);
  const variance = batches.reduce((sum, batch) => sum + (batch - mean) ** 2, 0) / (BATCHES - 1);
  return T_975 * Math.sqrt(variance / BATCHES);
}

/** @param values waits in the order in which the cases arrived */
export function summariseWaits(values: Float64Array): WaitSummary {
  const sorted = values.slice().sort();
  return {
    count: values.length,
    meanMin: meanOf(values),
    halfWidthMin: halfWidth(values),
    medianMin: quantileOf(sorted, 0.5),
    p95Min: quantileOf(sorted, 0.95),
    worstMin: sorted.at(-1) ?? Number.NaN,
  };
}
