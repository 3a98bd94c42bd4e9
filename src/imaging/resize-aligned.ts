/**
 * @file Bilinear resampling with the corners' pixel centres kept in place (PyTorch's `align_corners`): what some
 * published methods are defined with. For pictures, `resize.ts` is the right one. Pure.
 */
import type { Grid } from "./resize.ts";

/** The two neighbours of each output pixel along an axis, and the weight of the second. */
function tapsAlong(input: number, output: number): { first: number; second: number; weight: number }[] {
  const step = output > 1 ? (input - 1) / (output - 1) : 0;
  return Array.from({ length: output }, (_, o) => {
    const first = Math.min(input - 1, Math.floor(o * step));
    return { first, second: Math.min(input - 1, first + 1), weight: o * step - first };
  });
}

/** Resample a whole image to `[rows, columns]`. */
export function resizeAligned(image: Grid, rows: number, columns: number): Grid {
  const across = tapsAlong(image.columns, columns);
  const values = new Float32Array(rows * columns);
  tapsAlong(image.rows, rows).forEach((y, row) => {
    across.forEach((x, column) => {
      const at = (r: number, c: number): number => image.values[r * image.columns + c] ?? 0;
      const upper = at(y.first, x.first) * (1 - x.weight) + at(y.first, x.second) * x.weight;
      const lower = at(y.second, x.first) * (1 - x.weight) + at(y.second, x.second) * x.weight;
      values[row * columns + column] = upper * (1 - y.weight) + lower * y.weight;
    });
  });
  return { rows, columns, values };
}
