/**
 * @file Few phases with given moments: Osogami and Harchol-Balter, "Closed form solutions for mapping general distributions
 * to quasi-minimal PH distributions", Performance Evaluation 63, 2006.
 */

/** First, second and third moment of a time. */
export type Moments = readonly [number, number, number];

/** A first phase; with probability `goesOn` a second one behind it. Rates per minute. */
export interface Coxian {
  readonly first: number;
  readonly second: number;
  readonly goesOn: number;
}

/** Equal exponential phases, then a Coxian: an Erlang-Coxian distribution. */
export interface ErlangCoxian {
  /** How many equal phases stand before the Coxian, and their rate. */
  readonly erlangPhases: number;
  readonly erlangRate: number;
  readonly coxian: Coxian;
}

/** Second and third moment over the first: 1 for a constant. */
const normalised = ([m1, m2, m3]: Moments): readonly [number, number] => [m2 / m1 ** 2, m3 / (m1 * m2)];

/** The Coxian of two phases; its fields are NaN where two phases cannot have these moments. */
export function matchCoxian(moments: Moments): Coxian {
  const [second, third] = normalised(moments);
  return coxianOf(moments[0], second, third);
}

function coxianOf(mean: number, second: number, third: number): Coxian {
  const scale = 3 * second - 2 * third;
  const u = (6 - 2 * third) / scale;
  const v = (12 - 6 * second) / (second * scale);
  const root = Math.sqrt(u * u - 4 * v);
  const [fast, slow] = [(u + root) / (2 * mean), (u - root) / (2 * mean)];
  return { first: fast, second: slow, goesOn: (slow * (fast * mean - 1)) / fast };
}

/** The "simple" solution of the paper, for times without a mass at zero; fields are NaN where there is none. */
export function matchErlangCoxian(moments: Moments): ErlangCoxian {
  const [second, third] = normalised(moments);
  if (second > 2) return { erlangPhases: 0, erlangRate: 0, coxian: coxianOf(moments[0], second, third) };
  const n = Math.floor(second / (second - 1) + 1);
  const rest = ((n - 3) * second - (n - 2)) / ((n - 2) * second - (n - 1));
  const mean = moments[0] / ((n - 2) * rest - (n - 3));
  const a = (n - 2) * (rest - 1) * (n * (n - 1) * rest ** 2 - n * (2 * n - 5) * rest + (n - 1) * (n - 3));
  const b = ((n - 1) * rest - (n - 2)) * ((n - 2) * rest - (n - 3)) ** 2;
  return {
    erlangPhases: n - 2,
    erlangRate: 1 / (mean * (rest - 1)),
    coxian: coxianOf(mean, rest, (b * third - a) / rest),
  };
}
