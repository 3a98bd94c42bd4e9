/**
 * @file A real slice to draw on: where its brain, skull and fluid lie, and paint that keeps the slice's own grain.
 *
 * Paint moves what is smooth beneath the grain towards a value of HU, by a share (0…1) a pixel; edges are blurred by
 * the scanner's resolution, so that pixels at a rim are partly filled. Lengths are in millimetres.
 */
import { intracranialMask } from "../../../src/imaging/head-crop.ts";
import type { Mask } from "../../../src/imaging/morphology.ts";
import { areaOf, distanceTo } from "../../../src/imaging/morphology.ts";
import type { Grid } from "../../../src/imaging/resize.ts";
import { smoothWithin } from "../../../src/imaging/smooth.ts";

/** The margin that the mask of brain leaves out beside the skull: drawing reaches into it. */
const RIM_MM = 3;
/** Neither bone nor air nor fat: where can be drawn. */
const SOFT_HU = [-20, 130] as const;
/** Scale at which anatomy is taken as smooth: grain is finer. */
const GRAIN_MM = 1.4;
/** The scanner's resolution: standard deviation of its point spread. */
const EDGE_MM = 0.6;
/** Fluid is below the first value, brain above the second. */
const FLUID_HU = [14, 27] as const;

/** A point or direction on the slice: x to the right, y downwards (to the back of the head). */
export type Point = readonly [xMm: number, yMm: number];

/** Beside the skull the network is shown nothing: paint there is not seen. */
const HIDDEN_MM = 2.2;

/** What is drawn at a pixel: 0…1. */
export type Share = (index: number, xMm: number, yMm: number) => number;

export class Canvas {
  readonly image: Grid;
  readonly pixelMm: number;
  /** The inside of the skull, up to the bone. */
  readonly inside: Mask;
  /** Distance to the nearest pixel that is not inside, in mm. */
  readonly depthMm: Float32Array;
  /** HU without grain. */
  readonly smooth: Float32Array;
  /** Box of the inside, in mm: left, top, right, bottom. */
  readonly box: readonly [number, number, number, number];

  private constructor(image: Grid, pixelMm: number, inside: Mask, smooth: Float32Array, box: Canvas["box"]) {
    this.image = image;
    this.pixelMm = pixelMm;
    this.inside = inside;
    this.smooth = smooth;
    this.box = box;
    const outside = { ...inside, inside: inside.inside.map((is) => 1 - is) };
    this.depthMm = distanceTo(outside).map((pixels) => pixels * pixelMm);
  }

  /** A copy of a slice to draw on; null where it shows less brain than `leastMm2`. */
  static create(image: Grid, pixelMm: number, leastMm2: number): Canvas | null {
    const brain = intracranialMask(image, pixelMm);
    if (areaOf(brain) * pixelMm * pixelMm < leastMm2) return null;
    const { rows, columns } = image;
    const toBrain = distanceTo(brain);
    const inside: Mask = { rows, columns, inside: new Uint8Array(rows * columns) };
    let [left, top, right, bottom] = [columns, rows, 0, 0];
    for (let i = 0; i < toBrain.length; i++) {
      const hu = image.values[i] ?? 0;
      if (
        (toBrain[i] ?? 0) * pixelMm > RIM_MM ||
        (brain.inside[i] !== 1 && (hu < SOFT_HU[0] || hu > SOFT_HU[1]))
      )
        continue;
      inside.inside[i] = 1;
      left = Math.min(left, i % columns);
      right = Math.max(right, i % columns);
      top = Math.min(top, Math.floor(i / columns));
      bottom = Math.max(bottom, Math.floor(i / columns));
    }
    const copy = { rows, columns, values: image.values.slice() };
    const { values } = smoothWithin(copy, inside, GRAIN_MM / pixelMm);
    return new Canvas(copy, pixelMm, inside, values, [
      left * pixelMm,
      top * pixelMm,
      right * pixelMm,
      bottom * pixelMm,
    ]);
  }

  /** Middle of the inside's box, in mm. */
  get centre(): Point {
    const [left, top, right, bottom] = this.box;
    return [(left + right) / 2, (top + bottom) / 2];
  }

  /** 1 in fluid, 0 in brain, between them in between. */
  fluid(index: number): number {
    const hu = this.smooth[index] ?? 0;
    return Math.max(0, Math.min(1, (FLUID_HU[1] - hu) / (FLUID_HU[1] - FLUID_HU[0])));
  }

  /** Calls `visit` for every pixel inside. */
  each(visit: (index: number, xMm: number, yMm: number) => void): void {
    const { columns, inside } = this.inside;
    for (let i = 0; i < inside.length; i++)
      if (inside[i] === 1) visit(i, (i % columns) * this.pixelMm, Math.floor(i / columns) * this.pixelMm);
  }

  /**
   * Draw: towards `hu` by `share`. Gives the area drawn with a share above one half and away from the bone, in mm².
   * @param edgeMm blur of the share's edges
   */
  paint(share: Share, hu: (xMm: number, yMm: number) => number, edgeMm = EDGE_MM): number {
    const shares = new Float32Array(this.image.values.length);
    this.each((i, x, y) => {
      shares[i] = Math.max(0, Math.min(1, share(i, x, y)));
    });
    const soft = smoothWithin({ ...this.image, values: shares }, this.inside, edgeMm / this.pixelMm);
    let filled = 0;
    this.each((i, x, y) => {
      const part = soft.values[i] ?? 0;
      if (part < 0.01) return;
      const step = part * (hu(x, y) - (this.smooth[i] ?? 0));
      this.image.values[i] = (this.image.values[i] ?? 0) + step;
      this.smooth[i] = (this.smooth[i] ?? 0) + step;
      if (part > 0.5 && (this.depthMm[i] ?? 0) > HIDDEN_MM) filled++;
    });
    return filled * this.pixelMm ** 2;
  }

  /** Add HU, inside the skull. */
  add(hu: (index: number, xMm: number, yMm: number) => number): void {
    this.each((i, x, y) => {
      this.image.values[i] = (this.image.values[i] ?? 0) + hu(i, x, y);
    });
  }
}
