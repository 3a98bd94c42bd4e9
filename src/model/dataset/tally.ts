/**
 * @file Counting how often each value occurs.
 */

/** How often each value occurs, the most frequent first. */
export type Counts = readonly (readonly [value: string, count: number])[];

export class Tally {
  readonly #counts = new Map<string, number>();

  add(value: string): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }

  get size(): number {
    return this.#counts.size;
  }

  values(): IterableIterator<number> {
    return this.#counts.values();
  }

  counts(): Counts {
    return [...this.#counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  }
}
