/**
 * @file Blood where there was fluid: casts of sulci and cisterns, a level or a cast in the ventricles.
 */
import { createNoise } from "../../../src/phantom/noise.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import { bloodHu } from "./blood.ts";
import type { Draw } from "./blood.ts";
import type { Point } from "./canvas.ts";
import { convexDirection } from "./layers.ts";
import { chambersOf } from "./ventricles.ts";

/** A level lower than this is not seen. */
const LEAST_LEVEL_MM = 2.5;

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

/** Blood in the ventricles: a level at the back, small or high and as tilted as the head, or a cast. */
export const intraventricular: Draw = (canvas, random) => {
  const { pixelMm } = canvas;
  const { rows, columns } = canvas.image;
  const chambers = chambersOf(canvas);
  const surely = random.integer(0, Math.max(0, chambers.length - 1));
  const bled = chambers.filter((_, i) => i === surely || random.chance(0.5));
  const cast = random.chance(0.3);
  const tilt = random.around(0, 0.12);
  const share = random.logUniform(0.06, 0.8);
  const shares = new Float32Array(rows * columns);
  for (const part of bled) {
    const down = part.map((i) => Math.floor(i / columns) - tilt * (i % columns));
    const back = down.reduce((most, row) => Math.max(most, row), -Infinity);
    const front = down.reduce((least, row) => Math.min(least, row), Infinity);
    const heightMm = Math.max(LEAST_LEVEL_MM, share * random.uniform(0.6, 1.4) * (back - front) * pixelMm);
    const level = back - heightMm / pixelMm;
    part.forEach((i, n) => {
      shares[i] = cast ? 1 : smoothStep(level - 1, level + 1, down[n] ?? 0);
    });
  }
  // Widen by a pixel's worth: the wall's own partly filled pixels belong to the ventricle.
  return canvas.paint((i) => 1.4 * (shares[i] ?? 0), bloodHu(random, 44, 78), 0.9);
};
