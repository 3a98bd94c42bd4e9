/**
 * @file What to try next: at random first, then by a tree-structured Parzen estimator.
 *
 * Bergstra, Bardenet, Bengio, Kégl, "Algorithms for Hyper-Parameter Optimization" (2011), with joint kernels as in
 * Falkner, Klein, Hutter, "BOHB" (2018): the trials are parted into the good ones and the others, each part is a mixture
 * of kernels around its trials, and of some candidates drawn from the good ones' mixture that one is tried whose density
 * among the good, divided by that among the others, is largest. Pure: trials and a seed in, settings out.
 */
import { mixedSeed, normal, seededRandom } from "../train/random.ts";
import { fromUnit, toUnit } from "./space.ts";
import type { Range, Settings, Space } from "./space.ts";

/** A trial that has ended. */
export interface Observation {
  readonly settings: Settings;
  /** Smaller is better; Infinity for a trial that failed. */
  readonly cost: number;
}

/** Share of the trials that are taken for good ones, and the most of them (as in hyperopt). */
const GOOD_SHARE = 0.25;
const MOST_GOOD = 25;
/** Candidates that are drawn and compared. */
const CANDIDATES = 48;
/** A kernel's width is this times n^(-1 / (settings + 4)) of the range (Scott 1992), n being the trials of its part. */
const WIDTH = 0.2;
const LEAST_WIDTH = 0.02;
/** How many trials the belief weighs that any value may be good. */
const PRIOR_WEIGHT = 1;

type Point = readonly number[];

/** A mixture of kernels: one around each trial, and one that is flat over the whole space. */
interface Mixture {
  readonly points: readonly Point[];
  readonly width: number;
}

function mixtureOf(points: readonly Point[], dimensions: number): Mixture {
  const width = WIDTH * Math.max(1, points.length) ** (-1 / (dimensions + 4));
  return { points, width: Math.max(LEAST_WIDTH, width) };
}

/** The standard normal distribution function (Abramowitz and Stegun 26.2.17; error below 7.5e-8). */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return x >= 0 ? 1 - upper : upper;
}

/** Density at `x` of a normal kernel around `centre`, cut off at 0 and 1. */
export function kernelDensity(x: number, centre: number, width: number): number {
  const inside = normalCdf((1 - centre) / width) - normalCdf(-centre / width);
  const z = (x - centre) / width;
  return Math.exp((-z * z) / 2) / (Math.sqrt(2 * Math.PI) * width * inside);
}

/** Share of a choice's kernel that lies on its own value; the rest is spread over the others evenly. */
const sameShare = (values: number, width: number): number => 1 - Math.min(0.5, 2 * width) * (1 - 1 / values);

function kernelAt(range: Range, x: number, centre: number, width: number): number {
  if (range.kind === "number") return kernelDensity(x, centre, width);
  const { length } = range.values;
  const same = sameShare(length, width);
  return x === centre ? same : (1 - same) / (length - 1);
}

/** Density of the flat kernel. */
const flat = (ranges: readonly Range[]): number =>
  ranges.reduce((product, range) => product / (range.kind === "choice" ? range.values.length : 1), 1);

function densityAt(point: Point, { points, width }: Mixture, ranges: readonly Range[]): number {
  const around = points.map((centre) =>
    ranges.reduce((product, range, d) => product * kernelAt(range, point[d] ?? 0, centre[d] ?? 0, width), 1),
  );
  const sum = around.reduce((a, b) => a + b, PRIOR_WEIGHT * flat(ranges));
  return sum / (points.length + PRIOR_WEIGHT);
}

function drawAnywhere(range: Range, random: () => number): number {
  return range.kind === "number" ? random() : Math.floor(random() * range.values.length);
}

function drawNear(range: Range, centre: number, width: number, random: () => number): number {
  if (range.kind === "choice") {
    const { length } = range.values;
    if (random() < sameShare(length, width)) return centre;
    return (centre + 1 + Math.floor(random() * (length - 1))) % length;
  }
  for (;;) {
    const x = centre + width * normal(random);
    if (x >= 0 && x <= 1) return x;
  }
}

function drawFrom({ points, width }: Mixture, ranges: readonly Range[], random: () => number): Point {
  const index = Math.floor(random() * (points.length + PRIOR_WEIGHT));
  const centre = points[index];
  return ranges.map((range, d) =>
    centre ? drawNear(range, centre[d] ?? 0, width, random) : drawAnywhere(range, random),
  );
}

const settingsOf = (space: Space, point: Point): Settings =>
  Object.fromEntries([...space].map(([name, range], d) => [name, fromUnit(range, point[d] ?? 0)]));

/**
 * Settings for a trial.
 * @param number the trial's, from 1: with the seed it decides what is drawn
 * @param observations the trials that have ended, by number
 * @param randomTrials how many have to end before the estimator is asked
 */
export function propose(
  space: Space,
  observations: readonly Observation[],
  { seed, number, randomTrials }: { seed: number; number: number; randomTrials: number },
): Settings {
  const random = seededRandom(mixedSeed(seed, number));
  const ranges = [...space.values()];
  const worked = observations.filter(({ cost }) => Number.isFinite(cost)).length;
  if (number <= randomTrials || worked < 2) {
    return settingsOf(
      space,
      ranges.map((range) => drawAnywhere(range, random)),
    );
  }
  const points = observations
    .toSorted((a, b) => a.cost - b.cost)
    .map(({ settings }) => [...space].map(([name, range]) => toUnit(range, settings[name] ?? "")));
  const goodCount = Math.min(MOST_GOOD, Math.max(1, Math.ceil(GOOD_SHARE * worked)));
  const good = mixtureOf(points.slice(0, goodCount), ranges.length);
  const others = mixtureOf(points.slice(goodCount), ranges.length);
  let [best, bestGain]: [Point, number] = [[], -Infinity];
  for (let i = 0; i < CANDIDATES; i++) {
    const point = drawFrom(good, ranges, random);
    const gain = Math.log(densityAt(point, good, ranges)) - Math.log(densityAt(point, others, ranges));
    if (gain > bestGain) [best, bestGain] = [point, gain];
  }
  return settingsOf(space, best);
}
