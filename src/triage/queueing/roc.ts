/**
 * @file Operating points: a curve of sensitivity against specificity instead of one pair.
 *
 * The drawn curve is the binormal one of equal variances, fixed by its area alone (Metz, "Basic principles of ROC
 * analysis", 1978); the measured one comes from scored cases.
 */

/** Φ, by the complementary error function of Numerical Recipes 6.2.2 (relative error below 1.2e-7). */
export function normalCdf(z: number): number {
  const t = 1 / (1 + Math.abs(z) / Math.SQRT2 / 2);
  const x = z / Math.SQRT2;
  const series = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ].reduceRight((sum, coefficient) => coefficient + t * sum, 0);
  const upper = (t * Math.exp(-x * x + series)) / 2;
  return z >= 0 ? 1 - upper : upper;
}

/** The inverse of `normalCdf`, by bisection: good for a curve, exact to 1e-9. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`probability: above 0 and below 1 is expected, not ${p}`);
  let [low, high] = [-9, 9];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Sensitivity at a specificity, on the binormal curve of the given area (0.5 … 1, both excluded). */
export function binormalSensitivity(area: number, specificity: number): number {
  if (!(area >= 0.5 && area < 1)) {
    throw new RangeError(`area under the ROC: 0.5 or more and below 1 is expected, not ${area}`);
  }
  if (specificity <= 0) return 1;
  if (specificity >= 1) return 0;
  return normalCdf(Math.SQRT2 * normalQuantile(area) - normalQuantile(specificity));
}

export interface ScoredCase {
  readonly probability: number;
  readonly isDiseased: boolean;
}

export interface OperatingPoint {
  readonly threshold: number;
  readonly sensitivity: number;
  readonly specificity: number;
}

/** What a threshold gives: a case is positive from the threshold on. */
export function operatingPoint(cases: readonly ScoredCase[], threshold: number): OperatingPoint {
  const diseased = cases.filter(({ isDiseased }) => isDiseased);
  const found = diseased.filter(({ probability }) => probability >= threshold).length;
  const flagged = cases.filter(({ probability }) => probability >= threshold).length;
  const others = cases.length - diseased.length;
  return {
    threshold,
    sensitivity: found / diseased.length,
    specificity: (others - (flagged - found)) / others,
  };
}

/** Every operating point that the scores allow, thresholds falling: sensitivity rises. */
export function rocCurve(cases: readonly ScoredCase[]): OperatingPoint[] {
  const thresholds = [...new Set(cases.map(({ probability }) => probability))].sort((a, b) => b - a);
  return thresholds.map((threshold) => operatingPoint(cases, threshold));
}

/** Area under the measured curve: the chance that a diseased case scores above another, ties counted by half. */
export function rocArea(cases: readonly ScoredCase[]): number {
  const diseased = cases.filter(({ isDiseased }) => isDiseased);
  const others = cases.filter(({ isDiseased }) => !isDiseased);
  let above = 0;
  for (const one of diseased) {
    for (const other of others) above += (Math.sign(one.probability - other.probability) + 1) / 2;
  }
  return above / (diseased.length * others.length);
}
