/**
 * @file Dura and veins that are denser than brain: the edges of the tentorium, and the straight sinus.
 */
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Canvas, Point } from "./canvas.ts";
import { toSegment } from "./dense.ts";
import type { Decorate } from "./dense.ts";

function band(
  canvas: Canvas,
  random: Random,
  [from, to]: readonly [Point, Point],
  mostMm: number,
  hu: number,
): void {
  const halfMm = random.uniform(0.5, mostMm);
  canvas.paint(
    (_i, x, y) => smoothStep(halfMm + 0.7, halfMm - 0.7, toSegment(x, y, from, to)),
    () => hu,
    1,
  );
}

/** The tentorium's cut edges, which run from the midline to the sides and to the back. */
export function tentoriumOf(canvas: Canvas, random: Random, hu: number): void {
  const [cx, cy] = canvas.centre;
  const [left, , right] = canvas.box;
  const from: Point = [cx + random.around(0, 2), cy + random.uniform(-8, 22)];
  for (const side of [left, right]) {
    if (random.chance(0.15)) continue;
    const inwards = Math.sign(cx - side) * random.uniform(0, 25);
    band(canvas, random, [from, [side + inwards, from[1] + random.uniform(15, 45)]], 2, hu);
  }
}

/** The straight sinus and the vein of Galen: a band on the midline behind the ventricles. */
export function straightSinusOf(canvas: Canvas, random: Random, hu: number): void {
  const [cx, cy] = canvas.centre;
  const from: Point = [cx + random.around(0, 2), cy + random.uniform(0, 20)];
  band(canvas, random, [from, [cx + random.around(0, 3), from[1] + random.uniform(12, 45)]], 2.6, hu);
}

export const tentorium: Decorate = (canvas, random) => {
  tentoriumOf(canvas, random, random.uniform(44, 86));
};

export const straightSinus: Decorate = (canvas, random) => {
  straightSinusOf(canvas, random, random.uniform(44, 86));
};
