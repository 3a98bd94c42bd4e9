/**
 * @file Blood where there was fluid: casts of sulci and cisterns, a level or a cast in the ventricles.
 */
import { components } from "../../../src/imaging/morphology.ts";
import { createNoise } from "../../../src/phantom/noise.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import { bloodHu } from "./blood.ts";
import type { Draw } from "./blood.ts";
import type { Point } from "./canvas.ts";
import { convexDirection } from "./layers.ts";

/** Blood in sulci over a convexity, in a fissure, or in the cisterns around the middle. */
export const subarachnoid: Draw = (canvas, random) => {
  const [cx, cy] = canvas.centre;
  const spots: { at: Point; radiusMm: number }[] = [];
  const [left, top, right, bottom] = canvas.box;
  const basal = random.chance(0.4);
  for (let n = basal ? 1 : random.integer(1, 3); n > 0; n--) {
    const direction = basal ? random.uniform(-Math.PI, Math.PI) : convexDirection(random);
    const out = basal ? random.uniform(0, 0.3) : random.uniform(0.7, 0.95);
    spots.push({
      at: [
        cx + (out * Math.cos(direction) * (right - left)) / 2,
        cy + (out * Math.sin(direction) * (bottom - top)) / 2,
      ],
      radiusMm: basal ? random.uniform(22, 45) : random.uniform(14, 34),
    });
  }
  const patches = createNoise(random.next(), 18);
  const swelling = random.uniform(1, 1.7);
  return canvas.paint(
    (i, x, y) => {
      const near = Math.max(
        ...spots.map(({ at, radiusMm }) => {
          const d = Math.hypot(x - at[0], y - at[1]) / radiusMm;
          return smoothStep(1.1, 0.8, d + 0.4 * patches(x, y, 0));
        }),
      );
      return near * swelling * canvas.fluid(i);
    },
    bloodHu(random, 46, 76),
    0.8,
  );
};

/** Ventricles: fluid deep in the head. */
const VENTRICLE_DEPTH_MM = 22;
const LEAST_VENTRICLE_MM2 = 60;
const VENTRICLE_FLUID = 0.45;

/** Blood in the ventricles: a level at the back, or a cast. */
export const intraventricular: Draw = (canvas, random) => {
  const { pixelMm } = canvas;
  const { rows, columns } = canvas.image;
  const deep = { rows, columns, inside: new Uint8Array(rows * columns) };
  canvas.each((i) => {
    if ((canvas.depthMm[i] ?? 0) > VENTRICLE_DEPTH_MM && canvas.fluid(i) > VENTRICLE_FLUID)
      deep.inside[i] = 1;
  });
  const chambers = components(deep).filter((part) => part.length * pixelMm * pixelMm >= LEAST_VENTRICLE_MM2);
  const bled = chambers.filter((_, i) => i === 0 || random.chance(0.6));
  const cast = random.chance(0.35);
  const share = random.logUniform(0.12, 0.8);
  const shares = new Float32Array(rows * columns);
  for (const part of bled) {
    const last = part.reduce((most, i) => Math.max(most, i), 0);
    const bottom = Math.floor(last / columns);
    const height = bottom - Math.floor((part[0] ?? 0) / columns) + 1;
    const level = cast ? 0 : bottom - Math.max(3 / pixelMm, share * height);
    for (const i of part) shares[i] = smoothStep(level - 1, level + 1, Math.floor(i / columns));
  }
  // Widen by a pixel's worth: the wall's own partly filled pixels belong to the ventricle.
  return canvas.paint((i) => 1.4 * (shares[i] ?? 0), bloodHu(random, 48, 78), 0.9);
};
