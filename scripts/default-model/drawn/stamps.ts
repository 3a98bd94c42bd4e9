/**
 * @file Winding things drawn as discs along a path: vessels, sulci.
 */
import { smoothStep } from "../../../src/phantom/shapes.ts";
import type { Canvas, Point } from "./canvas.ts";

/** The pixel at a point; the nearest one of the slice where the point lies beside it. */
export function pixelAt({ image, pixelMm }: Canvas, [x, y]: Point): number {
  const row = Math.max(0, Math.min(image.rows - 1, Math.round(y / pixelMm)));
  return row * image.columns + Math.max(0, Math.min(image.columns - 1, Math.round(x / pixelMm)));
}

/** Discs laid over each other, painted as one. */
export class Stamps {
  readonly #shares: Float32Array;
  readonly #canvas: Canvas;

  constructor(canvas: Canvas) {
    this.#canvas = canvas;
    this.#shares = new Float32Array(canvas.image.values.length);
  }

  disc([cx, cy]: Point, radiusMm: number, strength: number): void {
    const { pixelMm, image } = this.#canvas;
    const { rows, columns } = image;
    const reach = radiusMm + pixelMm;
    const last = (mm: number, most: number): number => Math.min(most - 1, Math.ceil(mm / pixelMm));
    for (let row = Math.max(0, Math.floor((cy - reach) / pixelMm)); row <= last(cy + reach, rows); row++)
      for (
        let column = Math.max(0, Math.floor((cx - reach) / pixelMm));
        column <= last(cx + reach, columns);
        column++
      ) {
        const d = Math.hypot(column * pixelMm - cx, row * pixelMm - cy);
        const share = strength * smoothStep(radiusMm + 0.4, radiusMm - 0.4, d);
        const i = row * columns + column;
        this.#shares[i] = Math.max(this.#shares[i] ?? 0, share);
      }
  }

  paint(hu: number): void {
    this.#canvas.paint(
      (i) => this.#shares[i] ?? 0,
      () => hu,
    );
  }
}
