/**
 * @file Blood in the tissue: ragged clots with a dark hem, contusions, patches in an infarct; and the blob they are made of.
 */
import { createRoughNoise } from "../../../src/phantom/noise.ts";
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import { bloodHu } from "./blood.ts";
import type { Draw, Hu } from "./blood.ts";
import type { Canvas, Point } from "./canvas.ts";

/** A clot's place: anywhere with brain around it. */
export function placeIn(canvas: Canvas, random: Random, leastDepthMm: number): Point {
  const [left, top, right, bottom] = canvas.box;
  const { columns } = canvas.image;
  for (let tries = 0; tries < 200; tries++) {
    const [x, y] = [random.uniform(left, right), random.uniform(top, bottom)];
    const i = Math.round(y / canvas.pixelMm) * columns + Math.round(x / canvas.pixelMm);
    if ((canvas.depthMm[i] ?? 0) > leastDepthMm && canvas.fluid(i) < 0.5) return [x, y];
  }
  return canvas.centre;
}

/** A ragged ellipse of `hu` with a hem of darker tissue; gives its area. */
export function blob(
  canvas: Canvas,
  random: Random,
  { at: [cx, cy], radiusMm, hemMm }: { at: Point; radiusMm: number; hemMm: number },
  hu: Hu,
): number {
  const long = random.uniform(1, 1.7);
  const turn = random.uniform(0, Math.PI);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const ragged = createRoughNoise(random.next(), Math.max(5, radiusMm));
  const distance = (x: number, y: number): number => {
    const [u, v] = [(x - cx) * cos + (y - cy) * sin, (y - cy) * cos - (x - cx) * sin];
    return Math.hypot(u / Math.sqrt(long), v * Math.sqrt(long)) - radiusMm * (1 + 0.45 * ragged(x, y, 0));
  };
  if (hemMm > 0) {
    const dark = random.uniform(12, 24);
    canvas.paint(
      (_i, x, y) => 0.8 * smoothStep(hemMm + 1, hemMm - 1, distance(x, y)),
      () => dark,
      1.2,
    );
  }
  return canvas.paint((_i, x, y) => smoothStep(0.5, -0.5, distance(x, y)), hu);
}

/** Near the surface a smaller spot is as likely a vein. */
const LEAST_SURFACE_RADIUS_MM = 4.5;
/** And one with something dark around it as likely a vein amid sulci. */
const LEAST_SURFACE_HEM_MM = 6;

export const intraparenchymal: Draw = (canvas, random) => {
  const count = random.chance(0.25) ? random.integer(2, 4) : 1;
  const hu = bloodHu(random, 52, 82);
  let area = 0;
  for (let n = 0; n < count; n++) {
    const isDeep = random.chance(0.5);
    const leastMm = isDeep ? 3.5 : LEAST_SURFACE_RADIUS_MM;
    const radiusMm = random.logUniform(leastMm, count > 1 ? 9 : 24);
    const depthMm = isDeep ? 14 : 4;
    const hasHem = random.chance(0.7) && (isDeep || radiusMm > LEAST_SURFACE_HEM_MM);
    const hemMm = hasHem ? random.uniform(1, 2 + 0.35 * radiusMm) : 0;
    area += blob(canvas, random, { at: placeIn(canvas, random, depthMm), radiusMm, hemMm }, hu);
  }
  return area;
};

/** Blood within an infarct: patchy, no brighter than needed to be seen. */
export const haemorrhagicInfarct: Draw = (canvas, random) => {
  const at = placeIn(canvas, random, 10);
  const radiusMm = random.uniform(14, 34);
  blob(canvas, random, { at, radiusMm, hemMm: 0 }, () => 22);
  const patches = createRoughNoise(random.next(), random.uniform(6, 12));
  const hu = bloodHu(random, 44, 62);
  return canvas.paint((_i, x, y) => {
    const d = Math.hypot(x - at[0], y - at[1]) / radiusMm;
    return smoothStep(0.8, 0.55, d) * smoothStep(-0.05, 0.2, patches(x, y, 0));
  }, hu);
};
