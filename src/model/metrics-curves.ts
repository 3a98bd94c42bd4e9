/**
 * @file ROC and precision-recall curves with the band in which they lie when patients are drawn again. Pure.
 */
import { bootstrapFigures } from "./metrics-bootstrap.ts";
import { countsByThreshold, sortCases } from "./metrics-weighted.ts";
import type { OperatingCount } from "./metrics-weighted.ts";

export type CurvePoint = readonly [x: number, y: number];

/** The 95 % interval of a curve's height at a place. */
export interface BandPoint {
  readonly x: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Curve {
  readonly points: readonly CurvePoint[];
  /** Empty where too few draws had both kinds. */
  readonly band: readonly BandPoint[];
}

export interface Curves {
  /** x = 1 - specificity, y = sensitivity. */
  readonly roc: Curve;
  /** x = sensitivity (recall), y = precision (positive predictive value). */
  readonly pr: Curve;
  /** Share of positives: the precision of calling everything. */
  readonly prevalence: number;
}

/** Places at which bands are computed: 0, 0.02 … 1. */
const GRID = Array.from({ length: 51 }, (_, i) => i / 50);

/** Points `[1 - specificity, sensitivity]` from (0, 0) to (1, 1). */
export function rocPoints(counts: readonly OperatingCount[]): CurvePoint[] {
  const all = counts.at(-1);
  return counts.map(({ hits, alarms }) => [alarms / (all?.alarms ?? 0), hits / (all?.hits ?? 0)]);
}

/** Points `[recall, precision]` by rising recall; the first has the precision of the highest score. */
export function prPoints(counts: readonly OperatingCount[]): CurvePoint[] {
  const positives = counts.at(-1)?.hits ?? 0;
  const called = counts
    .filter(({ hits, alarms }) => hits + alarms > 0)
    .map(({ hits, alarms }): CurvePoint => [hits / positives, hits / (hits + alarms)]);
  const [first] = called;
  return first ? [[0, first[1]], ...called] : [];
}

/** The height of a curve of rising x at each place of the grid: the straight line between neighbours. */
function onGrid(points: readonly CurvePoint[]): number[] {
  let next = 0;
  return GRID.map((x) => {
    while (next < points.length && (points[next]?.[0] ?? 1) <= x) next++;
    const [before, after] = [points[next - 1], points[next]];
    if (!before) return NaN;
    if (!after) return before[1];
    return before[1] + ((x - before[0]) / (after[0] - before[0])) * (after[1] - before[1]);
  });
}

/**
 * The curves of scored cases.
 * @param random numbers of 0…1; seeded, so that the bands are the same again
 */
export function curvesOf(
  scores: ArrayLike<number>,
  positive: ArrayLike<boolean>,
  groups: readonly string[],
  random: () => number,
): Curves {
  const cases = sortCases(scores, positive);
  const counts = countsByThreshold(cases, new Float64Array(scores.length).fill(1));
  const sortedGroups = Array.from(cases.order, (i) => groups[i] ?? "");
  const intervals = bootstrapFigures(
    sortedGroups,
    (weights) => {
      const drawn = countsByThreshold(cases, weights);
      return [...onGrid(rocPoints(drawn)), ...onGrid(prPoints(drawn))];
    },
    random,
  );
  const band = (from: number): BandPoint[] =>
    GRID.flatMap((x, i) => {
      const interval = intervals[from + i];
      return interval ? [{ x, lower: interval[0], upper: interval[1] }] : [];
    });
  const all = counts.at(-1);
  return {
    roc: { points: rocPoints(counts), band: band(0) },
    pr: { points: prPoints(counts), band: band(GRID.length) },
    prevalence: (all?.hits ?? 0) / ((all?.hits ?? 0) + (all?.alarms ?? 0)),
  };
}
