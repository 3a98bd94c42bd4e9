/**
 * @file Resampling a single-channel image by a triangle filter as wide as the coarser of the two grids: bilinear
 * when enlarging, antialiased when shrinking (the "bilinear" of Pillow's ImagingResample). Separable; pure.
 */

/** A single-channel image of numbers. Row-major: pixel (row, column) is `values[row * columns + column]`. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** For output pixel o: inputs `first[o]` … `first[o] + width - 1` with `weights[o * width …]`, which sum to 1. */
interface Taps {
  readonly first: Int32Array;
  readonly width: number;
  readonly weights: Float32Array;
}

/** Taps of every output pixel along one axis. The outer edges of both grids coincide. */
function tapsAlong(input: number, output: number): Taps {
  const scale = input / output;
  const reach = Math.max(1, scale);
  const width = Math.min(input, 2 * Math.ceil(reach) + 1);
  const first = new Int32Array(output);
  const weights = new Float32Array(output * width);
  for (let o = 0; o < output; o++) {
    const centre = (o + 0.5) * scale - 0.5;
    const start = Math.min(Math.max(0, Math.ceil(centre - reach)), input - width);
    first[o] = start;
    let sum = 0;
    for (let t = 0; t < width; t++) {
      const weight = Math.max(0, 1 - Math.abs(start + t - centre) / reach);
      weights[o * width + t] = weight;
      sum += weight;
    }
    for (let t = 0; t < width; t++) weights[o * width + t] = (weights[o * width + t] ?? 0) / sum;
  }
  return { first, width, weights };
}

/**
 * Resample a whole image to `[rows, columns]`.
 *
 * @throws RangeError when a size is not a positive integer.
 */
export function resize(image: Grid, rows: number, columns: number): Grid {
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || rows < 1 || columns < 1)
    throw new RangeError(`resize: expected positive whole rows and columns, got ${rows} x ${columns}`);
  const { values } = image;
  const down = tapsAlong(image.rows, rows);
  const narrowed = new Float32Array(rows * image.columns);
  for (let row = 0; row < rows; row++)
    for (let t = 0; t < down.width; t++) {
      const weight = down.weights[row * down.width + t] ?? 0;
      if (weight === 0) continue;
      const from = ((down.first[row] ?? 0) + t) * image.columns;
      const to = row * image.columns;
      for (let c = 0; c < image.columns; c++)
        narrowed[to + c] = (narrowed[to + c] ?? 0) + weight * (values[from + c] ?? 0);
    }
  const across = tapsAlong(image.columns, columns);
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const from = row * image.columns + (across.first[column] ?? 0);
      let sum = 0;
      for (let t = 0; t < across.width; t++)
        sum += (across.weights[column * across.width + t] ?? 0) * (narrowed[from + t] ?? 0);
      out[row * columns + column] = sum;
    }
  return { rows, columns, values: out };
}
