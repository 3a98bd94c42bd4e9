/**
 * @file The median of many numbers in one pass, to within a step: a histogram instead of a sort. Pure.
 */

/** Collects numbers from `lowest` up to `highest` (those beyond are counted at the ends) in bins of `step`. */
export class MedianCounter {
  readonly #lowest: number;
  readonly #step: number;
  readonly #bins: Uint32Array;
  #count = 0;

  constructor(lowest: number, highest: number, step: number) {
    this.#lowest = lowest;
    this.#step = step;
    this.#bins = new Uint32Array(Math.ceil((highest - lowest) / step) + 1);
  }

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    const bin = Math.round((value - this.#lowest) / this.#step);
    const at = Math.min(Math.max(bin, 0), this.#bins.length - 1);
    this.#bins[at] = (this.#bins[at] ?? 0) + 1;
    this.#count++;
  }

  /** The middle value, rounded to a step; NaN of none. */
  median(): number {
    if (this.#count === 0) return Number.NaN;
    const middle = this.#count >> 1;
    let seen = 0;
    for (let bin = 0; ; bin++) {
      seen += this.#bins[bin] ?? 0;
      if (seen > middle) return this.#lowest + bin * this.#step;
    }
  }
}
