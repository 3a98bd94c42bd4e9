/**
 * @file How bright blood is: fresh blood has 50 to 85 HU; mixed with unclotted or older blood it is darker in places.
 */
import { createNoise, createRoughNoise } from "../../../src/phantom/noise.ts";
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Canvas } from "./canvas.ts";

/** Draws a bleed and gives the area of blood that became visible, in mm². */
export type Draw = (canvas: Canvas, random: Random) => number;

/** HU over the slice. */
export type Hu = (xMm: number, yMm: number) => number;

/** Blood's HU over the slice: a mean, clots in it, and sometimes unclotted swirls. */
export function bloodHu(random: Random, from = 50, to = 80): Hu {
  const mean = random.uniform(from, to);
  const clots = createRoughNoise(random.next(), random.uniform(6, 14));
  const swirls = random.chance(0.3) ? random.uniform(8, 24) : 0;
  const fresh = createNoise(random.next(), 13);
  return (x, y) => mean + 7 * clots(x, y, 0) - swirls * smoothStep(0.05, 0.4, fresh(x, y, 9));
}
