/**
 * @file A shrunken brain: wide sulci, dark clefts that wind inwards from its surface.
 */
import type { Random } from "../../../src/phantom/random.ts";
import type { Canvas, Point } from "./canvas.ts";
import type { Decorate } from "./dense.ts";
import { pixelAt, Stamps } from "./stamps.ts";

const STEP_MM = 0.8;
/** Clefts begin at most so deep under the skull. */
const SURFACE_MM = 2;

/** Where the line from the head's middle in a direction comes as near to the skull as `depthMm`. */
export function towardsMiddle(canvas: Canvas, direction: number, depthMm: number): Point {
  const [cx, cy] = canvas.centre;
  const [dx, dy] = [Math.cos(direction), Math.sin(direction)];
  let out = Math.hypot(...canvas.box) / 2;
  const point = (): Point => [cx + out * dx, cy + out * dy];
  while (out > 0 && (canvas.depthMm[pixelAt(canvas, point())] ?? 0) < depthMm) out -= STEP_MM;
  return point();
}

/** A place on a cleft's course, and how far to its sides it reaches there. */
interface Step {
  readonly at: Point;
  readonly radiusMm: number;
}

/** The course of a cleft: inwards, winding, narrower than `radiusMm` towards its end, which often turns aside. */
export function cleftCourse(canvas: Canvas, random: Random, direction: number, radiusMm: number): Step[] {
  const lengthMm = random.logUniform(7, 30);
  const turnsAside = random.chance(0.5) ? random.side() * random.uniform(0.05, 0.14) : 0;
  let heading = direction + Math.PI + random.around(0, 0.4);
  let [x, y] = towardsMiddle(canvas, direction, SURFACE_MM);
  const steps: Step[] = [];
  for (let gone = 0; gone < lengthMm; gone += STEP_MM) {
    const along = gone / lengthMm;
    steps.push({ at: [x, y], radiusMm: radiusMm * (1 - 0.6 * along) });
    heading += random.around(0, 0.12) + (along > 0.5 ? turnsAside : 0);
    [x, y] = [x + STEP_MM * Math.cos(heading), y + STEP_MM * Math.sin(heading)];
  }
  return steps;
}

export function drawCleft(stamps: Stamps, course: readonly Step[]): void {
  for (const { at, radiusMm } of course) stamps.disc(at, radiusMm, 1);
}

export const wideSulci: Decorate = (canvas, random) => {
  const stamps = new Stamps(canvas);
  const widest = random.uniform(1, 4);
  for (let n = random.integer(6, 28); n > 0; n--)
    drawCleft(
      stamps,
      cleftCourse(canvas, random, random.uniform(-Math.PI, Math.PI), random.logUniform(0.7, widest)),
    );
  stamps.paint(random.uniform(3, 15));
};
