/**
 * @file Numbers from a formula, so that the weights of whole networks need not be stored; `formula.py`
 * computes the same ones. The hash is "lowbias32" (nullprogram.com, 2018-07-31), on the index and a seed.
 */

/** The number in [0, 1) at `index`. */
function uniform(seed: number, index: number): number {
  let h = (index + Math.imul(seed, 0x9e3779b9)) >>> 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  h ^= h >>> 16;
  return (h >>> 0) / 2 ** 32;
}

/** `count` numbers in [low, high). */
export function between(seed: number, count: number, low: number, high: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = low + (high - low) * uniform(seed, i);
  return values;
}

/** The sum of `values`, each with the sign the formula gives it. */
export function signedSum(seed: number, values: Float32Array): number {
  return values.reduce((sum, value, i) => sum + (uniform(seed, i) < 0.5 ? -value : value), 0);
}
