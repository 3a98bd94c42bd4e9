/**
 * @file A function of space baked onto a grid once, then read often: trilinear between the nodes.
 */
import type { Field } from "./noise.ts";

/** An axis-aligned box in millimetres. */
export interface Box {
  readonly min: readonly [number, number, number];
  readonly max: readonly [number, number, number];
}

export class GridField {
  readonly values: Float32Array;
  private readonly nx: number;
  private readonly ny: number;
  private readonly nz: number;
  private readonly x0: number;
  private readonly y0: number;
  private readonly z0: number;
  private readonly spacingMm: number;

  private constructor(box: Box, spacingMm: number) {
    [this.x0, this.y0, this.z0] = box.min;
    this.spacingMm = spacingMm;
    this.nx = Math.ceil((box.max[0] - this.x0) / spacingMm) + 1;
    this.ny = Math.ceil((box.max[1] - this.y0) / spacingMm) + 1;
    this.nz = Math.ceil((box.max[2] - this.z0) / spacingMm) + 1;
    this.values = new Float32Array(this.nx * this.ny * this.nz);
  }

  /** Evaluate `field` at every node of the box. */
  static bake(box: Box, spacingMm: number, field: Field): GridField {
    const grid = new GridField(box, spacingMm);
    let i = 0;
    for (let k = 0; k < grid.nz; k++)
      for (let j = 0; j < grid.ny; j++)
        for (let h = 0; h < grid.nx; h++)
          grid.values[i++] = field(grid.x0 + h * spacingMm, grid.y0 + j * spacingMm, grid.z0 + k * spacingMm);
    return grid;
  }

  /** Another field on the same nodes, each from this one's value and place. */
  derive(field: (value: number, x: number, y: number, z: number) => number): GridField {
    const { x0, y0, z0, spacingMm } = this;
    const max = [
      x0 + (this.nx - 1) * spacingMm,
      y0 + (this.ny - 1) * spacingMm,
      z0 + (this.nz - 1) * spacingMm,
    ];
    const box: Box = { min: [x0, y0, z0], max: [max[0] ?? x0, max[1] ?? y0, max[2] ?? z0] };
    let i = 0;
    return GridField.bake(box, spacingMm, (x, y, z) => field(this.values[i++] as number, x, y, z));
  }

  /**
   * The same zero level, as a distance in millimetres: each value over the length of its gradient
   * (central differences), never over less than `leastSlope` per millimetre. From \`farMm\` on values stay as they are.
   */
  toDistance(leastSlope: number, farMm = 30): this {
    const { values, nx, ny, nz } = this;
    const out = new Float32Array(values.length);
    const h = 1 / (2 * this.spacingMm);
    const at = (i: number): number => values[i] as number;
    for (let k = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++) {
          const o = (k * ny + j) * nx + i;
          const dx = (at(i + 1 < nx ? o + 1 : o) - at(i > 0 ? o - 1 : o)) * h;
          const dy = (at(j + 1 < ny ? o + nx : o) - at(j > 0 ? o - nx : o)) * h;
          const dz = (at(k + 1 < nz ? o + nx * ny : o) - at(k > 0 ? o - nx * ny : o)) * h;
          const slope = Math.max(leastSlope, Math.sqrt(dx * dx + dy * dy + dz * dz));
          // Far from the surface the first-order estimate is worse than the value itself.
          const far = Math.min(1, (at(o) / farMm) ** 2);
          out[o] = at(o) / (slope + far * (1 - slope));
        }
    values.set(out);
    return this;
  }

  /** The value at a point; outside the box, that of the nearest point of the box. */
  at(x: number, y: number, z: number): number {
    const { nx, ny, nz, values, spacingMm } = this;
    let fx = (x - this.x0) / spacingMm;
    let fy = (y - this.y0) / spacingMm;
    let fz = (z - this.z0) / spacingMm;
    fx = fx < 0 ? 0 : fx > nx - 1.001 ? nx - 1.001 : fx;
    fy = fy < 0 ? 0 : fy > ny - 1.001 ? ny - 1.001 : fy;
    fz = fz < 0 ? 0 : fz > nz - 1.001 ? nz - 1.001 : fz;
    const ix = Math.floor(fx);
    const iy = Math.floor(fy);
    const iz = Math.floor(fz);
    const u = fx - ix;
    const v = fy - iy;
    const w = fz - iz;
    const o = (iz * ny + iy) * nx + ix;
    const p = o + nx * ny;
    const a = (values[o] as number) + u * ((values[o + 1] as number) - (values[o] as number));
    const b = (values[o + nx] as number) + u * ((values[o + nx + 1] as number) - (values[o + nx] as number));
    const c = (values[p] as number) + u * ((values[p + 1] as number) - (values[p] as number));
    const d = (values[p + nx] as number) + u * ((values[p + nx + 1] as number) - (values[p + nx] as number));
    const e = a + v * (b - a);
    return e + w * (c + v * (d - c) - e);
  }
}
