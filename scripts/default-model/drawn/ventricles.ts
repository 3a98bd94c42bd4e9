/**
 * @file Ventricles: those that a slice has, back horns drawn where it has none, and the choroid plexus in them.
 */
import { components } from "../../../src/imaging/morphology.ts";
import { createRoughNoise } from "../../../src/phantom/noise.ts";
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Canvas, Point } from "./canvas.ts";
import { blob } from "./clots.ts";
import type { Decorate } from "./dense.ts";

/** Ventricles are fluid deep in the head and near its midline: fissures lie farther out. */
const DEPTH_MM = 18;
const OFF_MIDLINE_MM = 38;
const LEAST_MM2 = 25;
const LEAST_FLUID = 0.45;

/** The ventricles on a slice: the pixels of each, from the front to the back. */
export function chambersOf(canvas: Canvas): number[][] {
  const { pixelMm } = canvas;
  const { rows, columns } = canvas.image;
  const [cx] = canvas.centre;
  const deep = { rows, columns, inside: new Uint8Array(rows * columns) };
  canvas.each((i, x) => {
    const isDeep = (canvas.depthMm[i] ?? 0) > DEPTH_MM && Math.abs(x - cx) < OFF_MIDLINE_MM;
    if (isDeep && canvas.fluid(i) > LEAST_FLUID) deep.inside[i] = 1;
  });
  return components(deep)
    .filter((part) => part.length * pixelMm * pixelMm >= LEAST_MM2)
    .map((part) => part.toSorted((a, b) => a - b));
}

/** A back horn: an ellipse of uneven wall whose long axis leans outwards. */
export interface Horn {
  readonly at: Point;
  readonly longMm: number;
  readonly wideMm: number;
  /** Distance from its middle as a share of its size: 1 on its wall. */
  readonly distance: (x: number, y: number) => number;
}

/** Where the ventricles' atria and back horns of both sides lie behind the middle: seldom of one size, or one is missing. */
export function hornsOf(canvas: Canvas, random: Random): Horn[] {
  const [cx, cy] = canvas.centre;
  const apart = random.uniform(15, 30);
  const behind = random.uniform(8, 38);
  const long = random.logUniform(6, 17);
  const wide = random.logUniform(2.5, 7);
  const spread = random.around(0.15, 0.25);
  const uneven = createRoughNoise(random.next(), 9);
  return [-1, 1].flatMap((side): Horn[] => {
    if (random.chance(0.12)) return [];
    const size = random.logUniform(0.7, 1.4);
    const [longMm, wideMm] = [size * long, size * wide];
    const at: Point = [cx + side * (apart + random.around(0, 2)), cy + behind + random.around(0, 3)];
    const [cos, sin] = [Math.cos(side * spread), Math.sin(side * spread)];
    const distance = (x: number, y: number): number => {
      const across = (x - at[0]) * cos - (y - at[1]) * sin;
      const along = (x - at[0]) * sin + (y - at[1]) * cos;
      return Math.hypot(across / wideMm, along / longMm) - 0.25 * uneven(x, y, 0);
    };
    return [{ at, longMm, wideMm, distance }];
  });
}

/** Fluid in back horns. */
export function drawHorns(canvas: Canvas, random: Random, horns: readonly Horn[]): void {
  const hu = random.uniform(3, 12);
  for (const { distance } of horns)
    canvas.paint(
      (_i, x, y) => smoothStep(1.15, 0.85, distance(x, y)),
      () => hu,
    );
}

export const backHorns: Decorate = (canvas, random) => {
  drawHorns(canvas, random, hornsOf(canvas, random));
};

/** A pixel of a chamber at a share of its length, counted from the front. */
function placeAlong(canvas: Canvas, chamber: readonly number[], share: number): Point {
  const i = chamber[Math.min(chamber.length - 1, Math.floor(share * chamber.length))] ?? 0;
  const { columns } = canvas.image;
  return [(i % columns) * canvas.pixelMm, Math.floor(i / columns) * canvas.pixelMm];
}

/** Choroid plexus in the ventricles of both sides: speckled, from as dense as blood to calcium; it hangs, and has no level. */
export function drawPlexus(canvas: Canvas, random: Random, fromHu: number, toHu: number): void {
  const [, cy] = canvas.centre;
  const hu = random.logUniform(fromHu, toHu);
  const size = random.logUniform(1.2, 3.2);
  for (const chamber of chambersOf(canvas)) {
    const at = placeAlong(canvas, chamber, random.uniform(0.2, 0.75));
    if (at[1] < cy - 15 || random.chance(0.2)) continue;
    const speckle = createRoughNoise(random.next(), 3.5);
    const radiusMm = size * random.logUniform(0.75, 1.3);
    blob(canvas, random, { at, radiusMm, hemMm: 0 }, (x, y) =>
      Math.max(38, hu * (1 + 0.6 * speckle(x, y, 0))),
    );
  }
}

export const plexus: Decorate = (canvas, random) => {
  drawPlexus(canvas, random, 45, 400);
};
