/**
 * @file Pixels taken away without a trace: each missing pixel becomes the weighted mean of its eight neighbours, missing
 * ones included, and a little noise (the noisy linear imputation of ROAD, Rong et al. 2022, arXiv 2202.00449).
 *
 * Black or blurred patches would tell the network where something was. The equations are solved by relaxation, begun
 * from ever coarser means of what is left.
 */

/** Weights of the neighbours. */
const BY_EDGE = 1 / 6;
const BY_CORNER = 1 / 12;

/** Standard deviation of the noise, in units of the normalised image; as published. */
export const NOISE = 0.01;
/** Rounds of relaxation, and how far each overshoots. */
const ROUNDS = 40;
const OVERSHOOT = 1.6;

interface Plane {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Fills what is missing from means over 2 × 2 pixels, and these from theirs. */
function filledCoarsely({ rows, columns, values }: Plane, known: Uint8Array): Float32Array {
  if (known.every((is) => is === 1) || (rows <= 1 && columns <= 1)) return values.slice();
  const half = { rows: Math.ceil(rows / 2), columns: Math.ceil(columns / 2) };
  const sums = new Float32Array(half.rows * half.columns);
  const counts = new Float32Array(sums.length);
  const cellOf = (i: number): number =>
    Math.floor(Math.floor(i / columns) / 2) * half.columns + Math.floor((i % columns) / 2);
  values.forEach((value, i) => {
    if (known[i] !== 1) return;
    sums[cellOf(i)] = (sums[cellOf(i)] ?? 0) + value;
    counts[cellOf(i)] = (counts[cellOf(i)] ?? 0) + 1;
  });
  const means = sums.map((sum, cell) => sum / Math.max(1, counts[cell] ?? 0));
  const knownCells = Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0));
  const coarse = knownCells.some((is) => is === 1)
    ? filledCoarsely({ ...half, values: means }, knownCells)
    : means;
  return values.map((value, i) => (known[i] === 1 ? value : (coarse[cellOf(i)] ?? 0)));
}

/** A plane with a rim of zeros, so that no neighbour has to be looked for beyond an edge. */
function rimmed({ rows, columns, values }: Plane): Float32Array {
  const stride = columns + 2;
  const padded = new Float32Array(stride * (rows + 2));
  for (let row = 0; row < rows; row++) {
    padded.set(values.subarray(row * columns, (row + 1) * columns), (row + 1) * stride + 1);
  }
  return padded;
}

/** The weighted sum of the eight neighbours of a place in a plane with a rim. */
function around(padded: Float32Array, at: number, stride: number): number {
  const value = (i: number): number => padded[i] as number;
  const edges = value(at - stride) + value(at - 1) + value(at + 1) + value(at + stride);
  const corners =
    value(at - stride - 1) + value(at - stride + 1) + value(at + stride - 1) + value(at + stride + 1);
  return BY_EDGE * edges + BY_CORNER * corners;
}

/**
 * A plane `[rows, columns]` with what is missing filled in.
 * @param known 1 where a pixel is kept
 * @param noise gives a standard normal number
 */
export function imputed(plane: Plane, known: Uint8Array, noise: () => number): Float32Array {
  const { rows, columns } = plane;
  const stride = columns + 2;
  const values = filledCoarsely(plane, known);
  const padded = rimmed({ rows, columns, values });
  const ones = rimmed({ rows, columns, values: new Float32Array(rows * columns).fill(1) });
  const missing = Int32Array.from([...known.keys()].filter((i) => known[i] !== 1));
  const places = missing.map((i) => (Math.floor(i / columns) + 1) * stride + (i % columns) + 1);
  const weights = Float32Array.from(places, (at) => around(ones, at, stride));
  for (let round = 0; round < ROUNDS; round++)
    for (let k = 0; k < places.length; k++) {
      const at = places[k] as number;
      const mean = around(padded, at, stride) / (weights[k] as number);
      padded[at] = (padded[at] as number) + OVERSHOOT * (mean - (padded[at] as number));
    }
  missing.forEach((i, k) => (values[i] = (padded[places[k] ?? 0] ?? 0) + NOISE * noise()));
  return values;
}
