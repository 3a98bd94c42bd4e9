/** @file Seeded random numbers: the same seed gives the same simulation. */

/** Uniform in (0, 1), by xoshiro128**: Blackman and Vigna, "Scrambled linear pseudorandom number generators". */
export function uniformSource(seed: number): () => number {
  // SplitMix32 spreads the seed over the state.
  let spread = seed >>> 0;
  const next = (): number => {
    spread = (spread + 0x9e3779b9) >>> 0;
    let z = spread;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [next(), next(), next(), next()];
  return () => {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return (result + 0.5) / 4294967296;
  };
}

/** An exponential variate of the given mean. */
export const exponential = (uniform: () => number, mean: number): number => -mean * Math.log(uniform());

/** A standard normal variate, by Box and Muller. */
const normal = (uniform: () => number): number =>
  Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

/** A lognormal variate of the given mean and coefficient of variation; 0 gives the mean itself. */
export function lognormal(uniform: () => number, mean: number, cv: number): number {
  const variance = Math.log1p(cv * cv);
  return mean * Math.exp(Math.sqrt(variance) * normal(uniform) - variance / 2);
}

/** A permutation of 0 … count − 1, by Fisher and Yates. */
export function permutation(uniform: () => number, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_v, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const swapped = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = swapped;
  }
  return order;
}
