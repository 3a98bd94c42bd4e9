/**
 * @file Whether a distribution is still what it was: the population stability index over bins, beside what the index
 * reaches by chance in samples of this size.
 *
 * Usual reading: below 0.1 as before, above 0.25 changed (Siddiqi, "Credit Risk Scorecards", 2006). Without a change
 * the index times nm / (n + m) follows a chi-square of (bins − 1) degrees of freedom (Yurdakul and Naranjo,
 * "Statistical properties of the population stability index", 2020).
 */
import type { Drift, DriftBin, DriftVerdict } from "../../domain/dashboard.ts";
import type { DistributionRow } from "../../store/history.ts";

/** Fewer studies than this on either side say nothing. */
const FEWEST = 30;
const SOME_CHANGE = 0.1;
const CHANGED = 0.25;
/** More values than this are counted as one. */
const MOST_BINS = 8;
export const OTHERS = "others";

/** Added to each count, so that a value that is new does not make the index infinite. */
const SMOOTHING = 0.5;

/** The 95 % quantile of chi-square, by Wilson and Hilferty. */
export function chiSquare95(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 1.6448536 * Math.sqrt(spread)) ** 3;
}

const total = (bins: readonly DriftBin[], side: "reference" | "current"): number =>
  bins.reduce((sum, bin) => sum + bin[side], 0);

/** Sum over bins of (q − p) ln(q / p). */
export function stabilityIndex(bins: readonly DriftBin[]): number {
  const share = (bin: DriftBin, side: "reference" | "current"): number =>
    (bin[side] + SMOOTHING) / (total(bins, side) + SMOOTHING * bins.length);
  return bins.reduce((sum, bin) => {
    const [p, q] = [share(bin, "reference"), share(bin, "current")];
    return sum + (q - p) * Math.log(q / p);
  }, 0);
}

/** All values of both sides; the rare ones as one. Numbers in their order, names by how frequent they are. */
function binsOf(reference: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>): DriftBin[] {
  const all = [...new Set([...reference.keys(), ...current.keys()])].map((value) => ({
    value,
    reference: reference.get(value) ?? 0,
    current: current.get(value) ?? 0,
  }));
  const isNumeric = all.every(({ value }) => value !== "" && Number.isFinite(Number(value)));
  all.sort((a, b) => b.reference + b.current - a.reference - a.current);
  const kept = isNumeric && all.length <= 10 ? all : all.slice(0, MOST_BINS);
  const rest = all.slice(kept.length);
  if (isNumeric) kept.sort((a, b) => Number(a.value) - Number(b.value));
  if (rest.length === 0) return kept;
  return [...kept, { value: OTHERS, reference: total(rest, "reference"), current: total(rest, "current") }];
}

function verdictOf(psi: number, noise: number): DriftVerdict {
  if (psi <= noise || psi < SOME_CHANGE) return "steady";
  return psi < CHANGED ? "some" : "changed";
}

/** Compare one distribution of two periods. */
export function driftOf(
  name: string,
  referenceRows: readonly DistributionRow[],
  currentRows: readonly DistributionRow[],
): Drift {
  const counts = (rows: readonly DistributionRow[]): Map<string, number> =>
    new Map(rows.filter((row) => row.name === name).map(({ value, count }) => [value, count]));
  const bins = binsOf(counts(referenceRows), counts(currentRows));
  const [referenceCount, currentCount] = [total(bins, "reference"), total(bins, "current")];
  const sizes = { name, referenceCount, currentCount, bins };
  if (referenceCount < FEWEST || currentCount < FEWEST) {
    return { ...sizes, psi: null, noise: null, verdict: "few" };
  }
  const psi = bins.length < 2 ? 0 : stabilityIndex(bins);
  const noise = bins.length < 2 ? 0 : chiSquare95(bins.length - 1) * (1 / referenceCount + 1 / currentCount);
  return { ...sizes, psi, noise, verdict: verdictOf(psi, noise) };
}
