/**
 * @file Seeded chance: the same seed gives the same numbers on every machine.
 *
 * Generator: sfc32 (PractRand's small fast counting generator), seeded by splitmix-like mixing.
 */

/** Mix two integers into one 32-bit integer. */
export function mixSeed(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.a = mixSeed(seed, 1);
    this.b = mixSeed(seed, 2);
    this.c = mixSeed(seed, 3);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** An integer in 0…2³²−1. */
  next(): number {
    const t = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    return t >>> 0;
  }

  /** Uniform in [from, to). */
  uniform(from = 0, to = 1): number {
    return from + ((to - from) * this.next()) / 4294967296;
  }

  /** Uniform in the logarithm. */
  logUniform(from: number, to: number): number {
    return Math.exp(this.uniform(Math.log(from), Math.log(to)));
  }

  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Normal, drawn no further than two deviations from the mean. */
  around(mean: number, deviation: number): number {
    const draw = this.normal();
    return mean + deviation * Math.max(-2, Math.min(2, draw));
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** An integer in from…to, both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.uniform() * (to - from + 1));
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.uniform() * choices.length)] ?? choices[0];
  }

  /** −1 or 1. */
  side(): -1 | 1 {
    return this.chance(0.5) ? 1 : -1;
  }

  /** A generator of its own: what one part draws never shifts another part's numbers. */
  fork(label: number): Random {
    return new Random(mixSeed(this.seed, label + 101));
  }
}
