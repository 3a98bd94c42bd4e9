/**
 * @file Intervals of many figures at once: patients are drawn again with replacement, each draw a weight a case. Pure.
 */

export type Interval = readonly [number, number];

/** Draws of every interval: percentiles of 2.5 and 97.5 % stand on 25 draws each. */
export const BOOTSTRAP_DRAWS = 1000;

/** The value at a quantile of sorted numbers. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
}

/**
 * Percentile intervals (Efron 1979) of the figures of weighted cases. A draw in which a figure is NaN (one kind only)
 * does not count for it.
 * @param groups of each case: the patient
 * @param figures of a draw: the weight of each case, in the order of `groups`
 * @returns one interval a figure; null where fewer than half of the draws had it
 */
export function bootstrapFigures(
  groups: readonly string[],
  figures: (weights: Float64Array) => ArrayLike<number>,
  random: () => number,
  draws = BOOTSTRAP_DRAWS,
): (Interval | null)[] {
  const names = new Map<string, number>();
  const memberOf = Uint32Array.from(groups, (group) => {
    const known = names.get(group);
    if (known !== undefined) return known;
    names.set(group, names.size);
    return names.size - 1;
  });
  const drawn = new Float64Array(names.size);
  const weights = new Float64Array(groups.length);
  const values: number[][] = [];
  for (let draw = 0; draw < draws; draw++) {
    drawn.fill(0);
    for (let i = 0; i < drawn.length; i++) {
      const group = Math.floor(random() * drawn.length);
      drawn[group] = (drawn[group] ?? 0) + 1;
    }
    for (let i = 0; i < weights.length; i++) weights[i] = drawn[memberOf[i] ?? 0] ?? 0;
    Array.from(figures(weights)).forEach((value, figure) => {
      values[figure] ??= [];
      if (Number.isFinite(value)) values[figure].push(value);
    });
  }
  return values.map((own) => {
    if (own.length < draws / 2) return null;
    const sorted = Float64Array.from(own).sort();
    return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
  });
}
