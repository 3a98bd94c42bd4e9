/**
 * @file Veins of the brain's surface in cross-section: spots of a few millimetres, as dense as blood. Most lie in a sulcus,
 * anywhere along it: a dark cleft with something bright in it, which is not a ventricle with a level of blood.
 */
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Canvas, Point } from "./canvas.ts";
import type { Decorate } from "./dense.ts";
import { Stamps } from "./stamps.ts";
import { cleftCourse, drawCleft, towardsMiddle } from "./sulci.ts";

/** How deep under the skull those lie that no sulcus is drawn for. */
const DEPTH_MM = [3.5, 9] as const;
/** A sulcus begins where the network is shown nothing: so many steps further in it is. */
const FIRST_STEP = 3;

/** A vein cut across, more or less aslant. */
function vein(canvas: Canvas, random: Random, [cx, cy]: Point, hu: number): void {
  const longMm = random.logUniform(1.2, 3.8);
  const wideMm = longMm * random.uniform(0.5, 1);
  const turn = random.uniform(0, Math.PI);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  canvas.paint(
    (_i, x, y) => {
      const [dx, dy] = [x - cx, y - cy];
      return smoothStep(1.2, 0.8, Math.hypot((dx * cos + dy * sin) / longMm, (dy * cos - dx * sin) / wideMm));
    },
    () => hu,
  );
}

/** The place of a vein in a sulcus that is drawn for it, away from the skull. */
function inSulcus(canvas: Canvas, random: Random, fluidHu: number): Point {
  const stamps = new Stamps(canvas);
  const course = cleftCourse(canvas, random, random.uniform(-Math.PI, Math.PI), random.logUniform(1.2, 4));
  drawCleft(stamps, course);
  stamps.paint(fluidHu);
  const step = course[Math.min(course.length - 1, FIRST_STEP + random.integer(0, course.length >> 1))];
  const [x, y] = step?.at ?? canvas.centre;
  const off = step?.radiusMm ?? 0;
  return [x + random.around(0, off), y + random.around(0, off)];
}

function placeOf(canvas: Canvas, random: Random): Point {
  const [cx] = canvas.centre;
  const [, top, , bottom] = canvas.box;
  if (random.chance(0.25)) return [cx + random.around(0, 1), random.uniform(top + 6, bottom - 6)];
  if (random.chance(0.8)) return inSulcus(canvas, random, random.uniform(5, 20));
  return towardsMiddle(canvas, random.uniform(-Math.PI, Math.PI), random.uniform(...DEPTH_MM));
}

export const surfaceVeins: Decorate = (canvas, random) => {
  const hu = random.uniform(56, 100);
  for (let n = random.integer(1, 6); n > 0; n--)
    vein(canvas, random, placeOf(canvas, random), hu * random.uniform(0.75, 1));
};
