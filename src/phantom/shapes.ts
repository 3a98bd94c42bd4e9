/**
 * @file Solid shapes as signed distances in millimetres: negative inside. Forms after Inigo Quilez,
 * "Distance functions"; the ellipsoid's is a first-order approximation.
 */
import type { Field } from "./noise.ts";

export type Point = readonly [x: number, y: number, z: number];

/** A shape with a box around it, so that a slice far away need not look at it. */
export interface Shape {
  readonly center: Point;
  /** Half the widths of a box around `center` that holds the shape, in millimetres. */
  readonly reachMm: Point;
  readonly distance: Field;
}

/** An ellipsoid; `turn` rotates it about the z axis, in radians. */
export function ellipsoid(center: Point, radii: Point, turn = 0): Shape {
  const [cx, cy, cz] = center;
  const [a, b, c] = [1 / radii[0], 1 / radii[1], 1 / radii[2]];
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const inner = -Math.min(...radii);
  return {
    center,
    reachMm: [
      Math.sqrt((cos * radii[0]) ** 2 + (sin * radii[1]) ** 2),
      Math.sqrt((sin * radii[0]) ** 2 + (cos * radii[1]) ** 2),
      radii[2],
    ],
    distance: (px, py, pz) => {
      const dx = px - cx;
      const dy = py - cy;
      const x = (cos * dx + sin * dy) * a;
      const y = (cos * dy - sin * dx) * b;
      const z = (pz - cz) * c;
      const k0 = Math.sqrt(x * x + y * y + z * z);
      const k1 = Math.sqrt(x * x * a * a + y * y * b * b + z * z * c * c);
      return k1 < 1e-6 ? inner : (k0 * (k0 - 1)) / k1;
    },
  };
}

/** A rod from `from` to `to`, its radius changing from `r0` to `r1`. */
export function rod(from: Point, to: Point, r0: number, r1 = r0): Shape {
  const [ax, ay, az] = from;
  const bx = to[0] - ax;
  const by = to[1] - ay;
  const bz = to[2] - az;
  const reach = Math.max(r0, r1);
  const inverse = 1 / Math.max(1e-6, bx * bx + by * by + bz * bz);
  return {
    center: [ax + bx / 2, ay + by / 2, az + bz / 2],
    reachMm: [Math.abs(bx) / 2 + reach, Math.abs(by) / 2 + reach, Math.abs(bz) / 2 + reach],
    distance: (px, py, pz) => {
      const x = px - ax;
      const y = py - ay;
      const z = pz - az;
      let t = (x * bx + y * by + z * bz) * inverse;
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      const dx = x - bx * t;
      const dy = y - by * t;
      const dz = z - bz * t;
      return Math.sqrt(dx * dx + dy * dy + dz * dz) - (r0 + (r1 - r0) * t);
    },
  };
}

/** A place on a bent tube, and the tube's radius there. */
export type Node = readonly [x: number, y: number, z: number, radiusMm: number];

/** A bent tube through the nodes, one rod from each to the next. */
export function rods(...nodes: readonly Node[]): Shape[] {
  return nodes.slice(1).map((node, i) => {
    const before = nodes[i] ?? node;
    return rod([before[0], before[1], before[2]], [node[0], node[1], node[2]], before[3], node[3]);
  });
}

/** The same as one shape, its bends rounded. */
export function tube(...nodes: readonly Node[]): Shape {
  return union(2, ...rods(...nodes));
}

/** Several shapes as one, their joints rounded over `blendMm`. */
export function union(blendMm: number, ...shapes: readonly Shape[]): Shape {
  const low = (axis: 0 | 1 | 2): number => Math.min(...shapes.map((s) => s.center[axis] - s.reachMm[axis]));
  const high = (axis: 0 | 1 | 2): number => Math.max(...shapes.map((s) => s.center[axis] + s.reachMm[axis]));
  const middle = (axis: 0 | 1 | 2): number => (low(axis) + high(axis)) / 2;
  const half = (axis: 0 | 1 | 2): number => (high(axis) - low(axis)) / 2 + blendMm;
  return {
    center: [middle(0), middle(1), middle(2)],
    reachMm: [half(0), half(1), half(2)],
    distance: (x, y, z) => {
      let d = Infinity;
      for (const shape of shapes) d = smoothMin(d, shape.distance(x, y, z), blendMm);
      return d;
    },
  };
}

/** The shape on the other side of the midline plane x = 0. */
export function mirrored(shape: Shape): Shape {
  const [x, y, z] = shape.center;
  return {
    center: [-x, y, z],
    reachMm: shape.reachMm,
    distance: (px, py, pz) => shape.distance(-px, py, pz),
  };
}

/** Minimum, rounded where the two are within `blend` of one another (quadratic). */
export function smoothMin(a: number, b: number, blend: number): number {
  const h = blend - Math.abs(a - b);
  return h <= 0 ? (a < b ? a : b) : (a < b ? a : b) - (h * h) / (4 * blend);
}

export function smoothMax(a: number, b: number, blend: number): number {
  return -smoothMin(-a, -b, blend);
}

/** 0 below `from`, 1 above `to`, smooth between. `from` may be the larger. */
export function smoothStep(from: number, to: number, value: number): number {
  const t = Math.max(0, Math.min(1, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** The part of a voxel `pitchMm` wide that lies inside a surface at signed distance `d`. */
export function inside(d: number, pitchMm: number): number {
  const c = 0.5 - d / pitchMm;
  return c < 0 ? 0 : c > 1 ? 1 : c;
}

/** The part of a voxel `pitchMm` wide, `d` from a sheet's middle, that the sheet of half-width `half` fills. */
export function sheet(d: number, half: number, pitchMm: number): number {
  const h = pitchMm / 2;
  const overlap = Math.min(d + h, half) - Math.max(d - h, -half);
  return overlap <= 0 ? 0 : overlap / pitchMm;
}
