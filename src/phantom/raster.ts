/**
 * @file The raster a cut is painted on: where its pixels lie in the head, and painting shapes over it.
 */
import type { Brain } from "./brain.ts";
import type { GridField } from "./grid-field.ts";
import type { Lesions } from "./lesions.ts";
import type { Field } from "./noise.ts";
import type { ResolvedPhantomOptions } from "./options.ts";
import { inside } from "./shapes.ts";
import type { Point, Shape } from "./shapes.ts";
import type { Skull, Structure } from "./skull.ts";

/** No shape is bent further than this. */
export const BEND_MM = 4;
/** Nor is brain displaced further by a lesion. */
export const PUSH_MM = 17;

export interface Anatomy {
  readonly options: ResolvedPhantomOptions;
  readonly skull: Skull;
  readonly brain: Brain;
  readonly lesions: Lesions;
  /** Small bends of every painted shape, mm. */
  readonly bend: readonly [GridField, GridField, GridField];
  /** Spongy bone, fat strands: about ±0.7. */
  readonly marrow: Field;
  readonly strands: Field;
  /** Skull opening: distance from its middle, and its radius (0 for none). */
  readonly opening: { readonly at: Point; readonly radiusMm: number; readonly flap: boolean };
}

/** Where a square raster lies in head coordinates: pixel (row, column) is at origin + column·u + row·v. */
export interface Plane {
  readonly size: number;
  readonly origin: Point;
  readonly u: Point;
  readonly v: Point;
}

export interface Cut {
  /** `[size, size]`, HU without noise; air is −1000. */
  readonly hu: Float32Array;
  /** `[size, size]`, 0…1. */
  readonly blood: Float32Array;
}

/** A cut in the making. */
export interface Work extends Cut {
  readonly anatomy: Anatomy;
  readonly plane: Plane;
  readonly pitchMm: number;
  readonly cavity: Float32Array;
  /** Bent head coordinates. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly z: Float32Array;
}

/** Unbent head coordinates of a pixel. */
export function placeOf({ size, origin, u, v }: Plane, i: number): Point {
  const row = Math.floor(i / size);
  const column = i - row * size;
  return [
    origin[0] + column * u[0] + row * v[0],
    origin[1] + column * u[1] + row * v[1],
    origin[2] + column * u[2] + row * v[2],
  ];
}

/** Paint structures over `target`, seen at the coordinates given; `soft` is the width of their edges. */
export function paint(
  { plane, cavity, pitchMm, blood }: Work,
  structures: readonly Structure[],
  target: Float32Array,
  x: Float32Array,
  y: Float32Array,
  z: Float32Array,
  soft: number,
  where: "outside" | "inside",
  marginMm = BEND_MM,
): void {
  for (const { shape, hu } of structures)
    eachNear(plane, shape, marginMm, (i) => {
      const c = cavity[i] as number;
      if (c > 90 || (where === "outside" ? c < -pitchMm : c > pitchMm)) return;
      const px = x[i] as number;
      const py = y[i] as number;
      const pz = z[i] as number;
      const cover = inside(shape.distance(px, py, pz), soft);
      if (cover === 0) return;
      const value = typeof hu === "number" ? hu : hu(px, py, pz);
      target[i] = (target[i] as number) + cover * (value - (target[i] as number));
      if (where === "inside" && target !== x) blood[i] = (blood[i] as number) * (value > 90 ? 1 - cover : 1);
    });
}

/** Call with the index of every pixel whose unbent place may lie in the shape's box grown by `margin`. */
export function eachNear(
  plane: Plane,
  { center, reachMm }: Shape,
  margin: number,
  visit: (i: number) => void,
): void {
  const { size, origin, u, v } = plane;
  const d: Point = [center[0] - origin[0], center[1] - origin[1], center[2] - origin[2]];
  const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  /** How far the box reaches along a direction, times that direction's length. */
  const support = (a: Point): number =>
    Math.abs(a[0]) * (reachMm[0] + margin) +
    Math.abs(a[1]) * (reachMm[1] + margin) +
    Math.abs(a[2]) * (reachMm[2] + margin);
  const normal: Point = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  if (Math.abs(dot(d, normal)) > support(normal)) return;
  const column = dot(d, u) / dot(u, u);
  const row = dot(d, v) / dot(v, v);
  const columns = support(u) / dot(u, u);
  const rows = support(v) / dot(v, v);
  const c0 = Math.max(0, Math.floor(column - columns));
  const c1 = Math.min(size - 1, Math.ceil(column + columns));
  const r1 = Math.min(size - 1, Math.ceil(row + rows));
  for (let r = Math.max(0, Math.floor(row - rows)); r <= r1; r++)
    for (let c = c0; c <= c1; c++) visit(r * size + c);
}
