/**
 * @file The square that frames the head on an axial slice: what is denser than air, in one piece, without the table.
 */
import { components } from "../../imaging/morphology.ts";

/** Row and column of the first pixel, and the side, in pixels; it may reach beyond the slice. */
export interface Square {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

/** Skin and fat are denser, head rests of foam are not. */
const LEAST_HU = -300;
/** Every so many pixels are looked at: a head needs no more. */
const STEP = 4;
/** A head is at least this part of the slice; less is a vertex or noise, and the whole slice is shown. */
const LEAST_PART = 0.02;
/** Around the head, as part of its size. */
const MARGIN = 0.03;

/** @param table HU of every stored word */
export function headSquare(
  stored: Uint16Array,
  rows: number,
  columns: number,
  table: Int16Array,
): Square | null {
  const [coarseRows, coarseColumns] = [Math.ceil(rows / STEP), Math.ceil(columns / STEP)];
  const inside = new Uint8Array(coarseRows * coarseColumns);
  for (let row = 0; row < coarseRows; row++)
    for (let column = 0; column < coarseColumns; column++) {
      const hu = table[stored[row * STEP * columns + column * STEP] ?? 0] ?? LEAST_HU;
      if (hu > LEAST_HU) inside[row * coarseColumns + column] = 1;
    }
  let largest: readonly number[] = [];
  for (const part of components({ rows: coarseRows, columns: coarseColumns, inside }))
    if (part.length > largest.length) largest = part;
  if (largest.length < LEAST_PART * inside.length) return null;
  let [top, bottom, left, right] = [coarseRows, 0, coarseColumns, 0];
  for (const i of largest) {
    const row = Math.floor(i / coarseColumns);
    const column = i - row * coarseColumns;
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
    [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
  }
  const side = Math.round(Math.max(bottom - top, right - left) * STEP * (1 + 2 * MARGIN));
  return {
    top: Math.round(((top + bottom) * STEP - side) / 2),
    left: Math.round(((left + right) * STEP - side) / 2),
    side,
  };
}
