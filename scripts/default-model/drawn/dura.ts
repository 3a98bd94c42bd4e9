/**
 * @file Dura and veins that are denser than brain: the edges of the tentorium, the straight and the transverse sinuses.
 */
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Canvas, Point } from "./canvas.ts";
import { toSegment } from "./dense.ts";
import type { Decorate } from "./dense.ts";
import { drawLayer, lens } from "./layers.ts";

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

/** A round patch. */
function spot(canvas: Canvas, [cx, cy]: Point, radiusMm: number, hu: number): void {
  canvas.paint(
    (_i, x, y) => smoothStep(radiusMm + 0.6, radiusMm - 0.6, Math.hypot(x - cx, y - cy)),
    () => hu,
  );
}

/** The straight sinus, a band on the midline behind the ventricles; at its front end often the vein of Galen in its cistern. */
export function straightSinusOf(canvas: Canvas, random: Random, hu: number): void {
  const [cx, cy] = canvas.centre;
  const from: Point = [cx + random.around(0, 2), cy + random.uniform(0, 20)];
  if (random.chance(0.5)) {
    spot(canvas, from, random.uniform(4, 9), random.uniform(5, 20));
    spot(
      canvas,
      [from[0] + random.around(0, 1.5), from[1] + random.around(0, 2)],
      random.uniform(1.2, 3.5),
      hu,
    );
  }
  band(canvas, random, [from, [cx + random.around(0, 3), from[1] + random.uniform(12, 45)]], 2.6, hu);
}

/** The transverse sinuses: bands under the skull at the back of both sides, where a slice meets them; seldom of one size. */
export function transverseSinusesOf(canvas: Canvas, random: Random, hu: number): void {
  const aside = random.uniform(0.35, 1.15);
  const reach = random.uniform(0.12, 0.5);
  const thicknessMm = random.uniform(4.5, 11);
  for (const side of [-1, 1]) {
    if (random.chance(0.25)) continue;
    const size = random.logUniform(0.6, 1);
    const at = Math.PI / 2 + side * (aside + random.around(0, 0.1));
    const layer = lens({ at, reach: size * reach, thicknessMm: size * thicknessMm });
    drawLayer(canvas, random, layer, () => hu);
  }
}

export const transverseSinuses: Decorate = (canvas, random) => {
  transverseSinusesOf(canvas, random, random.uniform(48, 90));
};

export const tentorium: Decorate = (canvas, random) => {
  tentoriumOf(canvas, random, random.uniform(44, 86));
};

export const straightSinus: Decorate = (canvas, random) => {
  straightSinusOf(canvas, random, random.uniform(44, 86));
};
