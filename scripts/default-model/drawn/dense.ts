/**
 * @file What is dense and not blood: calcium, vessels with contrast, the falx and its sinuses, spurs of bone.
 */
import { createRoughNoise } from "../../../src/phantom/noise.ts";
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Canvas, Point } from "./canvas.ts";
import { blob, placeIn } from "./clots.ts";

/** Draws something that is no bleed. */
export type Decorate = (canvas: Canvas, random: Random) => void;

/** Distance to the segment from `a` to `b`, mm. */
export function toSegment(x: number, y: number, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy + 1e-6)));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** Choroid plexus, pineal gland, basal ganglia, falx: calcium in its usual places, far denser than blood. */
export const calcium: Decorate = (canvas, random) => {
  const [cx, cy] = canvas.centre;
  const places: Point[] = random.pick<Point[]>([
    [-1, 1].map((side): Point => [cx + side * random.around(22, 4), cy + random.around(24, 6)]),
    [[cx + random.around(0, 1.5), cy + random.around(16, 6)]],
    [-1, 1].map((side): Point => [cx + side * random.around(20, 3), cy + random.around(-4, 6)]),
    Array.from({ length: 3 }, (): Point => [
      cx + random.around(0, 1.5),
      cy + random.side() * random.uniform(35, 70),
    ]),
    [placeIn(canvas, random, 4)],
  ]);
  const peakHu = random.logUniform(110, 420);
  for (const at of places) {
    if (random.chance(0.25)) continue;
    const speckle = createRoughNoise(random.next(), 4);
    blob(canvas, random, { at, radiusMm: random.logUniform(1.2, 4.5), hemMm: 0 }, (x, y) =>
      Math.max(60, peakHu * (1 + 0.8 * speckle(x, y, 0))),
    );
  }
};

/** Vessels filled with contrast: spots and short winding lines in sulci and along the falx. */
export const contrast: Decorate = (canvas, random) => {
  const hu = random.uniform(95, 230);
  const [cx, cy] = canvas.centre;
  const [left, top, right, bottom] = canvas.box;
  for (let n = random.integer(8, 26); n > 0; n--) {
    const medial = random.chance(0.35);
    const direction = random.uniform(-Math.PI, Math.PI);
    const out = random.uniform(0.55, 0.97);
    const at: Point = medial
      ? [cx + random.around(0, 2), random.uniform(top + 4, bottom - 4)]
      : [
          cx + (out * Math.cos(direction) * (right - left)) / 2,
          cy + (out * Math.sin(direction) * (bottom - top)) / 2,
        ];
    const lengthMm = random.chance(0.6) ? 0 : random.uniform(4, 16);
    const turn = random.uniform(0, Math.PI);
    const end: Point = [at[0] + lengthMm * Math.cos(turn), at[1] + lengthMm * Math.sin(turn)];
    const halfMm = random.uniform(0.6, 1.6);
    canvas.paint(
      (_i, x, y) => smoothStep(halfMm + 0.5, halfMm - 0.5, toSegment(x, y, at, end)),
      () => hu,
    );
  }
};

/** The falx, thin, with or without a gap in its middle. */
export function drawFalx(canvas: Canvas, random: Random, hu: number): void {
  const [cx, cy] = canvas.centre;
  const lean = random.around(0, 0.05);
  const halfMm = random.uniform(0.4, 1);
  const gap = random.chance(0.5) ? random.uniform(15, 50) : 0;
  canvas.paint(
    (_i, x, y) => {
      const off = Math.abs(x - cx - lean * (y - cy));
      return smoothStep(gap - 3, gap + 3, Math.abs(y - cy)) * smoothStep(halfMm + 0.5, halfMm - 0.5, off);
    },
    () => hu,
  );
}

/** The sinuses at the falx's ends: the back one, or both. */
export function drawSinuses(canvas: Canvas, random: Random, hu: number): void {
  const [cx, cy] = canvas.centre;
  const [, top, , bottom] = canvas.box;
  const lean = random.around(0, 0.05);
  const widthMm = random.uniform(2, 4.5);
  for (const y of random.chance(0.3) ? [top, bottom] : [bottom])
    canvas.paint(
      (i, px, py) => {
        const d = Math.max(Math.abs(px - cx - lean * (y - cy)), 0.7 * Math.abs(py - y));
        return smoothStep(widthMm + 1, widthMm - 1, d) * smoothStep(9, 6, canvas.depthMm[i] ?? 0);
      },
      () => hu,
    );
}

/** A dense falx, and the dense sinuses at its ends. */
export const falxAndSinus: Decorate = (canvas, random) => {
  drawFalx(canvas, random, random.uniform(44, 72));
  drawSinuses(canvas, random, random.uniform(48, 76));
};

/** Bone that reaches into the slice from its edge (petrous ridge, orbital roof, clinoid). */
export const boneSpur: Decorate = (canvas, random) => {
  const [cx, cy] = canvas.centre;
  const [left, top, right, bottom] = canvas.box;
  for (let n = random.integer(1, 3); n > 0; n--) {
    const direction = random.uniform(-Math.PI, Math.PI);
    const out = random.uniform(0.85, 1);
    const from: Point = [
      cx + (out * Math.cos(direction) * (right - left)) / 2,
      cy + (out * Math.sin(direction) * (bottom - top)) / 2,
    ];
    const lengthMm = random.uniform(3, 22);
    const aim = direction + Math.PI + random.around(0, 0.5);
    const to: Point = [from[0] + lengthMm * Math.cos(aim), from[1] + lengthMm * Math.sin(aim)];
    const halfMm = random.uniform(0.8, 2.5);
    const hu = random.logUniform(90, 500);
    canvas.paint(
      (_i, x, y) => smoothStep(halfMm + 1.2, halfMm - 1.2, toSegment(x, y, from, to)),
      () => hu,
      1,
    );
  }
};
