/**
 * @file Veins of the brain's surface in cross-section: spots of a few millimetres, as dense as blood. Most lie in a sulcus,
 * anywhere along it, or on a gyrus with sulci around it: something bright in or amid something dark, which is neither a
 * ventricle with a level of blood nor a clot with a hem of oedema.
 */
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Canvas, Point } from "./canvas.ts";
import type { Decorate } from "./dense.ts";
import { pixelAt, Stamps } from "./stamps.ts";
import { cleftCourse, drawCleft, towardsMiddle } from "./sulci.ts";

/** How deep under the skull those lie that no sulcus is drawn for. */
const DEPTH_MM = [3.5, 9] as const;
/** A vein runs through the slice aslant, or through a part of it: its edge is seldom sharp. */
const EDGE_MM = [0.6, 1.6] as const;
/** How deep those lie that sulci are drawn around. */
const AMID_DEPTH_MM = [4, 12] as const;
/** Of so many places the one with most fluid around it, at these distances, is taken. */
const PLACES = 24;
const AROUND_MM = [5.5, 7, 8.5] as const;
const DIRECTIONS = 16;
/** A sulcus begins where the network is shown nothing: so many steps further in it is. */
const FIRST_STEP = 3;

/** A vein cut across, more or less aslant. */
function vein(canvas: Canvas, random: Random, [cx, cy]: Point, hu: number): void {
  const longMm = random.uniform(1.6, 4.4);
  const wideMm = longMm * random.uniform(0.55, 0.95);
  const turn = random.uniform(0, Math.PI);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  canvas.paint(
    (_i, x, y) => {
      const [dx, dy] = [x - cx, y - cy];
      return smoothStep(1.2, 0.8, Math.hypot((dx * cos + dy * sin) / longMm, (dy * cos - dx * sin) / wideMm));
    },
    () => hu,
    random.uniform(...EDGE_MM),
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

/** The place of a vein on a gyrus: sulci wind around it, a few millimetres away, deeper ones darker. */
function amidSulci(canvas: Canvas, random: Random): Point {
  const [x, y] = towardsMiddle(canvas, random.uniform(-Math.PI, Math.PI), random.uniform(...AMID_DEPTH_MM));
  const stamps = new Stamps(canvas);
  const aroundMm = random.uniform(5.5, 9.5);
  for (let n = random.integer(1, 3); n > 0; n--) {
    const from = random.uniform(-Math.PI, Math.PI);
    const turn = random.side() * random.uniform(1.5, 6);
    const leavesMm = random.around(0, 1.5);
    const radiusMm = random.uniform(1, 2.8);
    for (let along = 0; along <= 1; along += 0.03) {
      const away = aroundMm + along * leavesMm;
      const angle = from + along * turn;
      stamps.disc([x + away * Math.cos(angle), y + away * Math.sin(angle)], radiusMm, 1);
    }
  }
  stamps.paint(random.uniform(8, 24));
  return [x, y];
}

/** Share of fluid on a circle around a point. */
function fluidAround(canvas: Canvas, [x, y]: Point, awayMm: number): number {
  let sum = 0;
  for (let k = 0; k < DIRECTIONS; k++) {
    const angle = (2 * Math.PI * k) / DIRECTIONS;
    sum += canvas.fluid(pixelAt(canvas, [x + awayMm * Math.cos(angle), y + awayMm * Math.sin(angle)]));
  }
  return sum / DIRECTIONS;
}

/** Of some places that of a gyrus with most of the slice's own sulci around it. */
function amidOwnSulci(canvas: Canvas, random: Random): Point {
  const places = Array.from({ length: PLACES }, () =>
    towardsMiddle(canvas, random.uniform(-Math.PI, Math.PI), random.uniform(...AMID_DEPTH_MM)),
  );
  const score = (at: Point): number =>
    AROUND_MM.reduce(
      (sum, awayMm) => sum + fluidAround(canvas, at, awayMm),
      -canvas.fluid(pixelAt(canvas, at)),
    );
  return places.reduce((best, at) => (score(at) > score(best) ? at : best));
}

function placeOf(canvas: Canvas, random: Random): Point {
  const [cx] = canvas.centre;
  const [, top, , bottom] = canvas.box;
  if (random.chance(0.25)) return [cx + random.around(0, 1), random.uniform(top + 6, bottom - 6)];
  if (random.chance(0.35)) return amidSulci(canvas, random);
  if (random.chance(0.5)) return amidOwnSulci(canvas, random);
  if (random.chance(0.7)) return inSulcus(canvas, random, random.uniform(5, 20));
  return towardsMiddle(canvas, random.uniform(-Math.PI, Math.PI), random.uniform(...DEPTH_MM));
}

export const surfaceVeins: Decorate = (canvas, random) => {
  const hu = random.uniform(56, 100);
  for (let n = random.integer(1, 6); n > 0; n--)
    vein(canvas, random, placeOf(canvas, random), hu * random.uniform(0.75, 1));
};
