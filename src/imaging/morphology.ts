/**
 * @file Masks on a grid: distance, flood fill, components. What finding a skull needs, no more. Pure.
 *
 * A mask is a `Uint8Array` of `rows * columns`, 1 inside and 0 outside.
 */

export interface Mask {
  readonly rows: number;
  readonly columns: number;
  readonly inside: Uint8Array;
}

/** Diagonal step of the chamfer distance. */
const DIAGONAL = 4 / 3;

/**
 * Distance of every pixel to the nearest inside pixel, in pixels: the 3-4 chamfer of Borgefors (1986), within 8 %
 * of Euclid's. Infinity where the mask is empty.
 */
export function distanceTo({ rows, columns, inside }: Mask): Float32Array {
  // One column of infinity on either side and a row above and below spare the loops every edge test.
  const stride = columns + 2;
  const padded = new Float32Array(stride * (rows + 2)).fill(Number.POSITIVE_INFINITY);
  const at = (i: number): number => padded[i] as number;
  for (let row = 0; row < rows; row++)
    for (let column = 0, i = (row + 1) * stride + 1; column < columns; column++, i++) {
      if (inside[row * columns + column] === 1) padded[i] = 0;
      else {
        const straight = Math.min(at(i - stride), at(i - 1)) + 1;
        const diagonal = Math.min(at(i - stride - 1), at(i - stride + 1)) + DIAGONAL;
        padded[i] = Math.min(straight, diagonal);
      }
    }
  const distance = new Float32Array(rows * columns);
  for (let row = rows - 1; row >= 0; row--)
    for (let column = columns - 1, i = (row + 1) * stride + columns; column >= 0; column--, i--) {
      const straight = Math.min(at(i + stride), at(i + 1)) + 1;
      const diagonal = Math.min(at(i + stride + 1), at(i + stride - 1)) + DIAGONAL;
      const nearest = Math.min(at(i), straight, diagonal);
      padded[i] = nearest;
      distance[row * columns + column] = nearest;
    }
  return distance;
}

/** Marks in `reached` what connects to `seed` by edges; gives the pixels newly reached. */
function spread({ columns, inside }: Mask, seed: number, reached: Uint8Array): number[] {
  const found: number[] = [];
  const visit = (i: number): void => {
    // Beyond the first and last row `inside` is undefined, so nothing is visited there.
    if (inside[i] !== 1 || reached[i] === 1) return;
    reached[i] = 1;
    found.push(i);
  };
  visit(seed);
  for (let next = 0; next < found.length; next++) {
    const i = found[next] as number;
    const column = i % columns;
    if (column > 0) visit(i - 1);
    if (column < columns - 1) visit(i + 1);
    visit(i - columns);
    visit(i + columns);
  }
  return found;
}

/** The inside pixels that connect (by an edge) to a seed. `seeds` are pixel indices; those outside are ignored. */
export function flood(mask: Mask, seeds: Iterable<number>): Mask {
  const reached = new Uint8Array(mask.inside.length);
  for (const seed of seeds) spread(mask, seed, reached);
  return { ...mask, inside: reached };
}

/** Indices of the pixels along the image's border. */
export function* borderPixels(rows: number, columns: number): Generator<number> {
  for (let column = 0; column < columns; column++) {
    yield column;
    yield (rows - 1) * columns + column;
  }
  for (let row = 1; row < rows - 1; row++) {
    yield row * columns;
    yield row * columns + columns - 1;
  }
}

/** Edge-connected components, each as its pixel indices, in reading order of their first pixel. */
export function components(mask: Mask): number[][] {
  const reached = new Uint8Array(mask.inside.length);
  const found: number[][] = [];
  for (let i = 0; i < mask.inside.length; i++)
    if (mask.inside[i] === 1 && reached[i] !== 1) found.push(spread(mask, i, reached));
  return found;
}

/** How many pixels are inside. */
export function areaOf({ inside }: Mask): number {
  let area = 0;
  for (let i = 0; i < inside.length; i++) area += inside[i] as number;
  return area;
}
