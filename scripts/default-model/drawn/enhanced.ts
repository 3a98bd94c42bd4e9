/**
 * @file A head with contrast: every vessel of the slice at once, in sulci, fissures and cisterns, along the midline and
 * under the skull; falx, sinuses and choroid plexus with them; grey matter a little brighter.
 */
import type { Random } from "../../../src/phantom/random.ts";
import type { Canvas, Point } from "./canvas.ts";
import type { Decorate } from "./dense.ts";
import { drawFalx, drawSinuses } from "./dense.ts";
import { straightSinusOf, tentoriumOf, transverseSinusesOf } from "./dura.ts";
import { pixelAt, Stamps } from "./stamps.ts";
import { drawPlexus } from "./ventricles.ts";

const STEP_MM = 1;
/** Vessels longer than this on the slice are not the thickest ones. */
const THICK_TO_MM = 6;
const TURNS = [-0.7, -0.35, 0, 0.35, 0.7] as const;

/** A vessel that follows the fluid it lies in for `lengthMm`, bending at most a little a step. */
function vessel(canvas: Canvas, random: Random, stamps: Stamps, from: Point, lengthMm: number): void {
  // Thick ones are cut across; along the slice run thinner ones.
  const radiusMm = random.logUniform(0.5, lengthMm > THICK_TO_MM ? 1.6 : 2.8);
  const strength = random.uniform(0.5, 1);
  let heading = random.uniform(-Math.PI, Math.PI);
  let at = from;
  for (let gone = 0; gone <= lengthMm; gone += STEP_MM) {
    stamps.disc(at, radiusMm, strength);
    const [x, y] = at;
    const next = TURNS.map((turn) => {
      const to: Point = [x + STEP_MM * Math.cos(heading + turn), y + STEP_MM * Math.sin(heading + turn)];
      return { turn, to, fluid: canvas.fluid(pixelAt(canvas, to)) + random.uniform(0, 0.3) };
    }).reduce((best, other) => (other.fluid > best.fluid ? other : best));
    heading += next.turn;
    at = next.to;
  }
}

/** Places that pass `accepts`, at most `count` of them. */
function places(
  canvas: Canvas,
  random: Random,
  count: number,
  accepts: (index: number, xMm: number) => boolean,
): Point[] {
  const [left, top, right, bottom] = canvas.box;
  const found: Point[] = [];
  for (let tries = 60 * count; tries > 0 && found.length < count; tries--) {
    const at: Point = [random.uniform(left, right), random.uniform(top, bottom)];
    const i = pixelAt(canvas, at);
    if (canvas.inside.inside[i] === 1 && accepts(i, at[0])) found.push(at);
  }
  return found;
}

/** A spot in cross-section, or a stretch within the slice. */
const lengthOf = (random: Random): number => (random.chance(0.55) ? 0 : random.logUniform(2, 18));

/** Middle cerebral arteries and their like: a pair of lines from the middle to the sides. */
function basalArteries(canvas: Canvas, random: Random, stamps: Stamps): void {
  const [cx, cy] = canvas.centre;
  const y = cy + random.uniform(-30, 5);
  const radiusMm = random.uniform(0.9, 1.8);
  const [rise, bend] = [random.around(0, 0.25), random.around(0, 0.012)];
  const inner = random.uniform(2, 9);
  for (const side of [-1, 1]) {
    const outer = random.uniform(14, 42);
    for (let off = inner; off < outer; off += STEP_MM)
      stamps.disc([cx + side * off, y + rise * off + bend * off * off], radiusMm, 1);
  }
}

export const enhancedHead: Decorate = (canvas, random) => {
  const hu = random.logUniform(70, 230);
  const [cx] = canvas.centre;
  const greyHu = random.uniform(0, 4);
  canvas.add((i) => greyHu * (1 - canvas.fluid(i)));
  const stamps = new Stamps(canvas);
  const sulcal = places(canvas, random, random.integer(4, 42), (i) => canvas.fluid(i) > 0.35);
  const medial = places(canvas, random, random.integer(1, 7), (_i, x) => Math.abs(x - cx) < 3.5);
  const outer = places(canvas, random, random.integer(2, 18), (i) => {
    const depth = canvas.depthMm[i] ?? 0;
    return depth > 0.5 && depth < 8;
  });
  const deep = places(canvas, random, random.integer(0, 4), (i) => (canvas.depthMm[i] ?? 0) > 8);
  for (const at of [...sulcal, ...medial, ...outer]) vessel(canvas, random, stamps, at, lengthOf(random));
  for (const at of deep) stamps.disc(at, random.uniform(0.4, 0.9), random.uniform(0.3, 0.8));
  if (random.chance(0.15)) basalArteries(canvas, random, stamps);
  stamps.paint(hu);
  const veins = hu * random.uniform(0.6, 1);
  if (random.chance(0.6)) drawFalx(canvas, random, random.uniform(50, Math.max(60, 0.7 * veins)));
  if (random.chance(0.75)) drawSinuses(canvas, random, veins);
  if (random.chance(0.18)) tentoriumOf(canvas, random, 0.8 * veins);
  if (random.chance(0.3)) straightSinusOf(canvas, random, veins);
  if (random.chance(0.25)) transverseSinusesOf(canvas, random, veins);
  if (random.chance(0.7)) drawPlexus(canvas, random, 50, 140);
};
