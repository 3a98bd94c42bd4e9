/**
 * @file Veins of the brain's surface in cross-section: spots of a few millimetres, as dense as blood, each in a cleft under
 * the skull or between the halves. A single one looks like a small bleed but for its place and its roundness.
 */
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Canvas, Point } from "./canvas.ts";
import type { Decorate } from "./dense.ts";
import { towardsMiddle } from "./sulci.ts";

/** How deep under the skull they lie. */
const DEPTH_MM = [2.5, 9] as const;

interface Ellipse {
  readonly at: Point;
  /** Direction of the long axis. */
  readonly turn: number;
  readonly longMm: number;
  readonly wideMm: number;
}

function fill(canvas: Canvas, { at, turn, longMm, wideMm }: Ellipse, hu: number, share = 1): void {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  canvas.paint(
    (_i, x, y) => {
      const [dx, dy] = [x - at[0], y - at[1]];
      return (
        share *
        smoothStep(1.2, 0.8, Math.hypot((dx * cos + dy * sin) / longMm, (dy * cos - dx * sin) / wideMm))
      );
    },
    () => hu,
  );
}

/** Where a vein lies, and which way the cleft runs that it lies in. */
function placeOf(canvas: Canvas, random: Random): { at: Point; along: number } {
  const [cx] = canvas.centre;
  const [, top, , bottom] = canvas.box;
  if (random.chance(0.25)) {
    const at: Point = [cx + random.around(0, 1), random.uniform(top + 6, bottom - 6)];
    return { at, along: Math.PI / 2 };
  }
  const along = random.uniform(-Math.PI, Math.PI);
  return { at: towardsMiddle(canvas, along, random.uniform(...DEPTH_MM)), along };
}

export const surfaceVeins: Decorate = (canvas, random) => {
  const hu = random.uniform(52, 92);
  const fluidHu = random.uniform(6, 20);
  for (let n = random.integer(1, 6); n > 0; n--) {
    const { at, along } = placeOf(canvas, random);
    const longMm = random.logUniform(1.1, 3.2);
    const wideMm = longMm * random.uniform(0.5, 1);
    const cleft = {
      at,
      turn: along,
      longMm: longMm + random.uniform(1, 7),
      wideMm: wideMm + random.uniform(0.4, 2.5),
    };
    if (random.chance(0.7)) fill(canvas, cleft, fluidHu, random.uniform(0.5, 1));
    fill(canvas, { at, turn: along + random.around(0, 0.8), longMm, wideMm }, hu * random.uniform(0.8, 1));
  }
};
