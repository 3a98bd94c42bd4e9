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

/** Collects waits in the order they end. */
export class Summary {
  #values: Float64Array;
  #count = 0;

  constructor(expected: number) {
    this.#values = new Float64Array(Math.max(16, expected));
  }

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = value;
  }

  summarise(): WaitSummary {
    const values = this.#values.subarray(0, this.#count);
    const mean = (part: Float64Array): number => part.reduce((sum, value) => sum + value, 0) / part.length;
    const meanMin = mean(values);
    const size = Math.floor(values.length / BATCHES);
    const batches = Float64Array.from({ length: BATCHES }, (_v, i) =>
      mean(values.subarray(i * size, (i + 1) * size)),
    );
    const variance = batches.reduce((sum, batch) => sum + (batch - mean(batches)) ** 2, 0) / (BATCHES - 1);
    const sorted = values.slice().sort();
    const quantile = (q: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
    return {
      count: values.length,
      meanMin,
      halfWidthMin: T_975 * Math.sqrt(variance / BATCHES),
      medianMin: quantile(0.5),
      p95Min: quantile(0.95),
      worstMin: sorted.at(-1) ?? Number.NaN,
    };
  }
}
