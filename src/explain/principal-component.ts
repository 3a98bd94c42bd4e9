/**
 * @file The first principal component of feature maps: what Eigen-CAM shows, and a way to smooth other maps
 * (Bany Muhammad and Yeasin 2020, arXiv 2008.00299).
 *
 * Each cell is a point with one coordinate a channel. The points are centred and projected on the direction in which
 * they vary most, found by power iteration. A direction has no sign of its own: it is chosen so that cells with more
 * activation in all come out higher.
 */

const MOST_ROUNDS = 500;
/** The direction is found when a round turns it by less than this. */
const TOLERANCE = 1e-12;

/** Channels less their means over the cells, `[channels, cells]`. */
function centred(values: Float32Array, channels: number, cells: number): Float64Array {
  const out = Float64Array.from(values);
  for (let c = 0; c < channels; c++) {
    const row = out.subarray(c * cells, (c + 1) * cells);
    const mean = row.reduce((a, b) => a + b, 0) / cells;
    for (let i = 0; i < cells; i++) row[i] = (row[i] ?? 0) - mean;
  }
  return out;
}

/** The projection of each cell on a direction, `[cells]`. */
function project(points: Float64Array, direction: Float64Array, cells: number): Float64Array {
  const out = new Float64Array(cells);
  direction.forEach((weight, c) => {
    for (let i = 0; i < cells; i++) out[i] = (out[i] ?? 0) + weight * (points[c * cells + i] ?? 0);
  });
  return out;
}

/** The direction of the points' largest variance after a round, not yet of length 1. */
function turned(points: Float64Array, projection: Float64Array, channels: number): Float64Array {
  const cells = projection.length;
  return Float64Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = 0; i < cells; i++) sum += (points[c * cells + i] ?? 0) * (projection[i] ?? 0);
    return sum;
  });
}

/**
 * @param values `[channels, cells]`
 * @returns `[cells]`, positive and negative, its mean 0; all 0 where nothing varies
 */
export function principalComponent(values: Float32Array, channels: number, cells: number): Float32Array {
  const points = centred(values, channels, cells);
  // Begins with what the channels' sum says: near the answer, and not at right angles to it by accident.
  const total = Float64Array.from({ length: cells }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += points[c * cells + i] ?? 0;
    return sum;
  });
  const seed = total.map((value, i) => value + 1e-3 * Math.sin(i + 1) * (1 + Math.abs(value)));
  let direction = turned(points, seed, channels);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const length = Math.hypot(...direction);
    if (!(length > 0)) return new Float32Array(cells);
    const unit = direction.map((value) => value / length);
    direction = turned(points, project(points, unit, cells), channels);
    const norm = Math.hypot(...direction);
    const along = direction.reduce((sum, value, c) => sum + (value * (unit[c] ?? 0)) / norm, 0);
    if (1 - along < TOLERANCE) break;
  }
  const length = Math.hypot(...direction) || 1;
  const projection = project(
    points,
    direction.map((value) => value / length),
    cells,
  );
  const agreement = projection.reduce((sum, value, i) => sum + value * (total[i] ?? 0), 0);
  return Float32Array.from(projection, (value) => (agreement < 0 ? -value : value));
}
