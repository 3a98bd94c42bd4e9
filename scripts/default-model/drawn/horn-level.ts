/**
 * @file A little blood settled at the tips of the ventricles' back horns, under choroid plexus that is often calcified:
 * the smallest bleed that a reader calls one.
 */
import { createRoughNoise } from "../../../src/phantom/noise.ts";
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import { bloodHu } from "./blood.ts";
import type { Draw } from "./blood.ts";
import type { Canvas, Point } from "./canvas.ts";
import { blob } from "./clots.ts";
import type { Decorate } from "./dense.ts";
import { drawHorns, hornsOf } from "./ventricles.ts";
import type { Horn } from "./ventricles.ts";

/** The horns come from a chance of their own: the level finds them where its setting drew them. */
const hornsFor = (canvas: Canvas, random: Random): Horn[] => hornsOf(canvas, random.fork(1));

/** Plexus in the front half of each horn: speckled, from as dense as blood to calcium. */
function hangPlexus(canvas: Canvas, random: Random, horns: readonly Horn[]): void {
  const hu = random.logUniform(50, 400);
  for (const { at, longMm, wideMm } of horns) {
    if (random.chance(0.15)) continue;
    const speckle = createRoughNoise(random.next(), 3.5);
    const place: Point = [at[0] + random.around(0, 0.25 * wideMm), at[1] - longMm * random.uniform(0, 0.5)];
    const radiusMm = Math.min(0.9 * wideMm, random.logUniform(1.5, 5));
    blob(canvas, random, { at: place, radiusMm, hemMm: 0 }, (x, y) =>
      Math.max(40, hu * (1 + 0.6 * speckle(x, y, 0))),
    );
  }
}

/** Both horns, mostly with plexus: what the level lies in, and what a head without one shows as well. */
export const hornLevelSetting: Decorate = (canvas, random) => {
  const own = random.fork(2);
  const horns = hornsFor(canvas, random);
  drawHorns(canvas, own, horns);
  if (own.chance(0.7)) hangPlexus(canvas, own, horns);
};

/** A level at the tip of one horn, or of both; as tilted as the head. */
export const hornLevel: Draw = (canvas, random) => {
  const horns = hornsFor(canvas, random);
  const own = random.fork(3);
  const surely = own.integer(0, Math.max(0, horns.length - 1));
  const tilt = own.around(0, 0.12);
  const levels = horns
    .filter((_, i) => i === surely || own.chance(0.35))
    .map(({ at, longMm, distance }) => {
      const heightMm = Math.min(1.1 * longMm, own.logUniform(3, 10));
      return { at, distance, from: at[1] + longMm - heightMm };
    });
  const shareOf = ({ at, distance, from }: (typeof levels)[number], x: number, y: number): number =>
    smoothStep(1.2, 0.9, distance(x, y)) * smoothStep(-0.6, 0.6, y - tilt * (x - at[0]) - from);
  return canvas.paint(
    (_i, x, y) => levels.reduce((most, level) => Math.max(most, shareOf(level, x, y)), 0),
    bloodHu(own, 44, 76),
    0.8,
  );
};
