/**
 * @file Figures with their 95 % intervals: AUC (DeLong), proportions (Wilson), bootstrap by group. Pure.
 */

/** The 97.5 % point of the standard normal distribution. */
const Z = 1.959963984540054;

export interface Estimate {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** Scores and whether each is of a positive. */
export interface Scored {
  readonly scores: ArrayLike<number>;
  readonly positive: ArrayLike<boolean>;
}

/** Ranks from 1; equal values share the mean of theirs. */
function midRanks(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end++;
    for (let i = start; i < end; i++) ranks[order[i] ?? 0] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
}

/** Scores of positives and of negatives, apart. @throws RangeError when there are none of one kind */
function separate({ scores, positive }: Scored): { positives: number[]; negatives: number[] } {
  const all = Array.from(scores);
  const positives = all.filter((_, i) => positive[i]);
  const negatives = all.filter((_, i) => !positive[i]);
  if (positives.length === 0 || negatives.length === 0) {
    throw new RangeError(
      `AUC needs both kinds; got ${positives.length} positive, ${negatives.length} negative`,
    );
  }
  return { positives, negatives };
}

/** Area under the ROC curve; ties count one half. @throws RangeError when there are none of one kind */
export function auc(scored: Scored): number {
  const { positives, negatives } = separate(scored);
  const ranks = midRanks([...positives, ...negatives]).subarray(0, positives.length);
  const sum = ranks.reduce((a, b) => a + b, 0);
  return (sum - (positives.length * (positives.length + 1)) / 2) / (positives.length * negatives.length);
}

/**
 * AUC with DeLong's interval (DeLong 1988; the rank form of Sun & Xu 2014). It takes every score to be
 * independent: for slices of the same patients it is too narrow, see `bootstrapByGroup`.
 */
export function aucDeLong(scored: Scored): Estimate {
  const { positives, negatives } = separate(scored);
  const [m, n] = [positives.length, negatives.length];
  const together = midRanks([...positives, ...negatives]);
  const [ownPositive, ownNegative] = [midRanks(positives), midRanks(negatives)];
  const ofPositive = positives.map((_, i) => ((together[i] ?? 0) - (ownPositive[i] ?? 0)) / n);
  const ofNegative = negatives.map((_, j) => 1 - ((together[m + j] ?? 0) - (ownNegative[j] ?? 0)) / m);
  const value = ofPositive.reduce((a, b) => a + b, 0) / m;
  const error = Math.sqrt(variance(ofPositive) / m + variance(ofNegative) / n);
  return { value, interval: [Math.max(0, value - Z * error), Math.min(1, value + Z * error)] };
}

/** A proportion with Wilson's score interval. @throws RangeError when `of` is 0 */
export function proportion(count: number, of: number): Estimate {
  if (of <= 0) throw new RangeError("a proportion needs at least one case");
  const p = count / of;
  const centre = (p + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of);
  const half = (Z / (1 + Z ** 2 / of)) * Math.sqrt((p * (1 - p)) / of + Z ** 2 / (4 * of ** 2));
  return { value: p, interval: [Math.max(0, centre - half), Math.min(1, centre + half)] };
}

/** Sensitivity and specificity at a threshold: a score at or above it is called positive. */
export function operatingPoint(
  { scores, positive }: Scored,
  threshold: number,
): { sensitivity: Estimate | null; specificity: Estimate | null } {
  const count = { hit: 0, positives: 0, cleared: 0, negatives: 0 };
  for (let i = 0; i < scores.length; i++) {
    const called = (scores[i] ?? 0) >= threshold;
    if (positive[i]) {
      count.positives++;
      if (called) count.hit++;
    } else {
      count.negatives++;
      if (!called) count.cleared++;
    }
  }
  return {
    sensitivity: count.positives ? proportion(count.hit, count.positives) : null,
    specificity: count.negatives ? proportion(count.cleared, count.negatives) : null,
  };
}

/**
 * The percentile interval of a figure when whole groups (patients) are drawn again with replacement.
 * @param random numbers of 0…1; seeded, so that the interval is the same again
 * @param figure of the drawn indices; draws where it throws RangeError (one kind only) are left out
 */
export function bootstrapByGroup(
  groups: readonly string[],
  figure: (indices: readonly number[]) => number,
  random: () => number,
  draws = 1000,
): readonly [number, number] {
  const members = Object.values(Object.groupBy(groups.keys(), (i) => groups[i] ?? ""));
  const values: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const indices = members.flatMap(() => members[Math.floor(random() * members.length)] ?? []);
    try {
      values.push(figure(indices));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  if (values.length === 0) throw new RangeError("bootstrap: no draw had both kinds");
  values.sort((a, b) => a - b);
  const at = (q: number): number => values[Math.round(q * (values.length - 1))] ?? NaN;
  return [at(0.025), at(0.975)];
}

/** The interval of the AUC when whole groups (patients) are drawn again. @param groups of each score */
export function aucByGroup(
  { scores, positive }: Scored,
  groups: readonly string[],
  random: () => number,
): readonly [number, number] {
  return bootstrapByGroup(
    groups,
    (indices) =>
      auc({
        scores: indices.map((i) => scores[i] ?? 0),
        positive: indices.map((i) => positive[i] === true),
      }),
    random,
  );
}

/** The threshold with the largest sensitivity + specificity (Youden), half-way to the next lower score. */
export function youdenThreshold(scored: Scored): number {
  separate(scored);
  const order = Array.from(scored.scores, (score, i) => ({ score, positive: scored.positive[i] === true }));
  order.sort((a, b) => b.score - a.score);
  const positives = order.filter(({ positive }) => positive).length;
  const negatives = order.length - positives;
  let [hits, alarms, best, threshold] = [0, 0, -Infinity, 0.5];
  order.forEach(({ score, positive }, i) => {
    if (positive) hits++;
    else alarms++;
    const next = order[i + 1]?.score ?? 0;
    if (next === score) return;
    const gain = hits / positives - alarms / negatives;
    if (gain > best) [best, threshold] = [gain, (score + next) / 2];
  });
  return threshold;
}
