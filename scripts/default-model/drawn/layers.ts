/**
 * @file Layers under the skull: what an angle of the head's circumference is covered with, seen from its middle.
 */
import { createNoise } from "../../../src/phantom/noise.ts";
import type { Random } from "../../../src/phantom/random.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Hu } from "./blood.ts";
import type { Canvas, Point } from "./canvas.ts";

export interface Layer {
  /** Direction of its middle, in radians: 0 to the right, π/2 to the back. */
  readonly at: number;
  /** Half of its angle. */
  readonly reach: number;
  readonly thicknessMm: number;
  /** Share of the thickness at t = 0 (its middle) … 1 (its ends). */
  readonly profile: (t: number) => number;
}

/** Direction of a point seen from the middle of the head, in radians: 0 to the right, π/2 to the back. */
const directionOf = ([cx, cy]: Point, x: number, y: number): number => Math.atan2(y - cy, x - cx);

/** Difference of two directions, 0…π. */
function turnBetween(a: number, b: number): number {
  const turn = Math.abs(a - b) % (2 * Math.PI);
  return Math.min(turn, 2 * Math.PI - turn);
}

/** Direction of a spot over a convexity; the lower halves of a slice's front and back are rarer than its sides. */
export function convexDirection(random: Random): number {
  return (random.chance(0.5) ? 0 : Math.PI) + random.around(0, 0.55);
}

/** How thick the layer is along the line from the head's middle through a point, in mm. */
export function thicknessAt(
  canvas: Canvas,
  { at, reach, thicknessMm, profile }: Layer,
  x: number,
  y: number,
): number {
  const t = turnBetween(directionOf(canvas.centre, x, y), at) / reach;
  return t >= 1 ? 0 : thicknessMm * profile(t);
}

/** Draws a layer of uneven thickness; gives its visible area in mm². */
export function drawLayer(canvas: Canvas, random: Random, layer: Layer, hu: Hu): number {
  const uneven = createNoise(random.next(), 24);
  return canvas.paint((i, x, y) => {
    const thickness = thicknessAt(canvas, layer, x, y) * (1 + 0.7 * uneven(x, y, 0));
    return smoothStep(0.5, -0.5, (canvas.depthMm[i] ?? 0) - thickness);
  }, hu);
}

/** A lens: thickest in its middle. */
export const lens = (size: Omit<Layer, "profile">): Layer => ({ ...size, profile: (t) => 1 - t ** 2 });

/** A crescent's parameters, thin ones more often than thick ones. */
export function crescent(random: Random): Layer {
  return {
    at: convexDirection(random),
    reach: random.uniform(0.5, 1.35),
    thicknessMm: random.logUniform(4, 16),
    profile: (t) => 1 - t ** 3,
  };
}
