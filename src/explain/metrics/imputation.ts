/**
 * @file Pixels taken away without a trace: each missing pixel becomes the weighted mean of its eight neighbours, missing
 * ones included, and a little noise (the noisy linear imputation of ROAD, Rong et al. 2022, arXiv 2202.00449).
 *
 * Black or blurred patches would tell the network where something was. The equations are solved by relaxation, begun
 * from ever coarser means of what is left.
 */

/** Weights of the neighbours: by edge 1/6, by corner 1/12. */
const NEIGHBOURS: readonly (readonly [row: number, column: number, weight: number])[] = [
  [-1, -1, 1 / 12],
  [-1, 0, 1 / 6],
  [-1, 1, 1 / 12],
  [0, -1, 1 / 6],
  [0, 1, 1 / 6],
  [1, -1, 1 / 12],
  [1, 0, 1 / 6],
  [1, 1, 1 / 12],
];

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

/**
 * A plane `[rows, columns]` with what is missing filled in.
 * @param known 1 where a pixel is kept
 * @param noise gives a standard normal number
 */
export function imputed(plane: Plane, known: Uint8Array, noise: () => number): Float32Array {
  const { rows, columns } = plane;
  const values = filledCoarsely(plane, known);
  const missing = [...known.keys()].filter((i) => known[i] !== 1);
  for (let round = 0; round < ROUNDS; round++) {
    for (const i of missing) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let [sum, weights] = [0, 0];
      for (const [down, right, weight] of NEIGHBOURS) {
        const [r, c] = [row + down, column + right];
        if (r < 0 || c < 0 || r >= rows || c >= columns) continue;
        sum += weight * (values[r * columns + c] ?? 0);
        weights += weight;
      }
      const before = values[i] ?? 0;
      values[i] = before + OVERSHOOT * (sum / weights - before);
    }
  }
  for (const i of missing) values[i] = (values[i] ?? 0) + NOISE * noise();
  return values;
}
