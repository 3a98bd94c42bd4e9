/**
 * @file Tops of bone that a slice only just meets: petrous ridges, roofs of the orbits, clinoids. Bright patches near the
 * skull with soft edges, from as dense as a clot upwards, often on both sides.
 */
import { createRoughNoise } from "../../../src/phantom/noise.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Point } from "./canvas.ts";
import type { Decorate } from "./dense.ts";
import { toSegment } from "./dense.ts";

type Range = readonly [from: number, to: number];

interface Top {
  /** From the middle of the head to where it begins. */
  readonly asideMm: Range;
  readonly behindMm: Range;
  /** From there to its far end: outwards and backwards. */
  readonly reachMm: readonly [outwards: number, backwards: number];
}

const PETROUS: Top = { asideMm: [18, 50], behindMm: [2, 32], reachMm: [18, -14] };
const ORBITAL: Top = { asideMm: [8, 36], behindMm: [-62, -36], reachMm: [14, 8] };
const CLINOID: Top = { asideMm: [4, 14], behindMm: [-20, 4], reachMm: [4, 5] };

export const boneTops: Decorate = (canvas, random) => {
  const [cx, cy] = canvas.centre;
  const { asideMm, behindMm, reachMm } = random.pick([PETROUS, ORBITAL, CLINOID]);
  const [x0, y0] = [random.uniform(...asideMm), random.uniform(...behindMm)];
  const stretch = random.uniform(0.1, 1);
  const peakHu = random.logUniform(70, 500);
  for (const side of [-1, 1]) {
    if (random.chance(0.3)) continue;
    const from: Point = [cx + side * (x0 + random.around(0, 2)), cy + y0 + random.around(0, 2)];
    const to: Point = [from[0] + side * stretch * reachMm[0], from[1] + stretch * reachMm[1]];
    const halfMm = random.uniform(0.8, 3.2);
    const softMm = random.uniform(1, 3);
    const uneven = createRoughNoise(random.next(), 6);
    const hu = Math.max(60, peakHu * random.uniform(0.5, 1));
    canvas.paint(
      (_i, x, y) =>
        smoothStep(halfMm + softMm, halfMm - softMm, toSegment(x, y, from, to) * (1 + 0.4 * uneven(x, y, 0))),
      () => hu,
      1,
    );
  }
};
