/**
 * @file What changes a slice without being blood: the skull's blurred edge, the scanner's shading, old damage, fluid under
 * the skull, grey matter that stands out.
 */
import { createNoise, createRoughNoise } from "../../../src/phantom/noise.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import { blob, placeIn } from "./clots.ts";
import type { Decorate } from "./dense.ts";
import { crescent, thicknessAt } from "./layers.ts";

/** The skull's slope and its blurred edge: a thin bright rim, or a broader one on a part of the circumference. */
export const rim: Decorate = (canvas, random) => {
  const uneven = createNoise(random.next(), 30);
  const reachMm = random.uniform(1.5, 4);
  const hu = random.logUniform(8, 60);
  canvas.add((i, x, y) => {
    const depth = canvas.depthMm[i] ?? 0;
    return hu * Math.exp(-depth / (reachMm * Math.max(0.3, 1 + uneven(x, y, 0))));
  });
};

/** Near the vertex the skull slopes through the slice: a broad bright rim, on one side more than on the other. */
export const slopingSkull: Decorate = (canvas, random) => {
  const [cx, cy] = canvas.centre;
  const towards = random.uniform(-Math.PI, Math.PI);
  const reachMm = random.uniform(2, 9);
  const hu = random.uniform(10, 70);
  const sided = random.uniform(0, 1);
  canvas.add((i, x, y) => {
    const share = 1 - sided * (0.5 - 0.5 * Math.cos(Math.atan2(y - cy, x - cx) - towards));
    return hu * share * Math.exp(-(canvas.depthMm[i] ?? 0) / reachMm);
  });
};

/** Shading of the scanner: a bowl from rim to middle, a slope, bands, and streaks from a dense point. */
export const shading: Decorate = (canvas, random) => {
  const [cx, cy] = canvas.centre;
  const cup = random.around(0, 4);
  const turn = random.uniform(0, Math.PI);
  const slope = random.around(0, 0.04);
  const bandHu = random.chance(0.3) ? random.uniform(0.5, 3.5) : 0;
  const bandMm = random.uniform(14, 60);
  const phase = random.uniform(0, 2 * Math.PI);
  const streakHu = random.chance(0.25) ? random.uniform(2, 9) : 0;
  const rays = random.integer(6, 16);
  const source = placeIn(canvas, random, 3);
  canvas.add((_i, x, y) => {
    const along = (x - cx) * Math.cos(turn) + (y - cy) * Math.sin(turn);
    const radius = Math.hypot(x - cx, y - cy) / 70;
    const ray = Math.cos(rays * Math.atan2(y - source[1], x - source[0]) + phase);
    const fade = Math.min(1, Math.hypot(x - source[0], y - source[1]) / 15);
    return (
      cup * radius * radius +
      slope * along +
      bandHu * Math.cos((2 * Math.PI * along) / bandMm + phase) +
      streakHu * ray * fade
    );
  });
};

/** Old damage: a dark wedge or hole, with grey islands in it. */
export const infarct: Decorate = (canvas, random) => {
  const hu = random.uniform(8, 26);
  const islands = createRoughNoise(random.next(), 9);
  blob(
    canvas,
    random,
    { at: placeIn(canvas, random, 6), radiusMm: random.logUniform(3, 30), hemMm: 0 },
    (x, y) => hu + 14 * smoothStep(0.1, 0.3, islands(x, y, 0)),
  );
};

/** Fluid, old blood or widened fluid space under the skull: dark, or as dense as brain. */
export const oldLayer: Decorate = (canvas, random) => {
  const shape = crescent(random);
  const hu = random.uniform(6, 32);
  canvas.paint(
    (i, x, y) => {
      return smoothStep(0.5, -0.5, (canvas.depthMm[i] ?? 0) - thicknessAt(canvas, shape, x, y));
    },
    () => hu,
  );
};

/** Grey matter that stands out, as after a seizure or beside oedema: a little brighter, never as bright as blood. */
export const denseTissue: Decorate = (canvas, random) => {
  const byHu = random.uniform(2, 7);
  const patches = createNoise(random.next(), random.uniform(15, 40));
  canvas.add((i, x, y) => byHu * smoothStep(0, 0.3, patches(x, y, 0)) * (1 - canvas.fluid(i)));
};
