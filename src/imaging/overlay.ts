/**
 * @file Saliency to an overlay that lies on the slice pixel by pixel.
 *
 * The map's cells tile its region from edge to edge (`Region` holds edges, not centres); between cell
 * centres values are bilinear, and towards the region's rim the outermost cell goes on. Pixels whose centre
 * is outside the region get nothing. Pure.
 */
import type { Saliency } from "../domain/finding.ts";
import { heatTable } from "./colour-map.ts";

/** The map as the page gets it, too: values may be any array of numbers. */
type SaliencyMap = Omit<Saliency, "values"> & { readonly values: ArrayLike<number> };

/**
 * How strongly a map is shown, 0…1: its raw peak against the peak of a clear bleed, so that a map with
 * nothing in it stays empty instead of being stretched to full colour.
 *
 * @param referencePeak raw peak that gets full colour; when it is null or not positive, any positive peak does
 */
export function saliencyStrength(peak: number, referencePeak: number | null): number {
  if (!(peak > 0)) return 0;
  if (referencePeak === null || !(referencePeak > 0)) return 1;
  return Math.min(1, peak / referencePeak);
}

/** Where a pixel falls between two neighbouring cells: their indices, and the weight of the second. */
interface Tap {
  readonly first: number;
  readonly second: number;
  readonly weight: number;
}

/** One tap per pixel along an axis; null outside the region. `start` and `length` are the region's. */
function tapsAlong(pixels: number, cells: number, start: number, length: number): (Tap | null)[] {
  return Array.from({ length: pixels }, (_, pixel) => {
    const centre = pixel + 0.5;
    if (centre < start || centre >= start + length) return null;
    const u = Math.min(cells - 1, Math.max(0, ((centre - start) / length) * cells - 0.5));
    const first = Math.floor(u);
    return { first, second: Math.min(cells - 1, first + 1), weight: u - first };
  });
}

/**
 * Resample a map onto its slice, times `strength`. Shape `[rows, columns]`, 0…1.
 *
 * @throws RangeError when the map's values do not fill its rows and columns
 */
export function saliencyOnSlice(
  { rows: cellRows, columns: cellColumns, values, region }: SaliencyMap,
  rows: number,
  columns: number,
  strength: number,
): Float32Array {
  if (values.length !== cellRows * cellColumns) {
    throw new RangeError(
      `saliency: expected ${cellRows} × ${cellColumns} values, got ${values.length} (saliencyOnSlice)`,
    );
  }
  const field = new Float32Array(rows * columns);
  const down = tapsAlong(rows, cellRows, region.top, region.rows);
  const across = tapsAlong(columns, cellColumns, region.left, region.columns);
  const at = (row: number, column: number): number => values[row * cellColumns + column] ?? 0;
  down.forEach((y, row) => {
    if (!y) return;
    across.forEach((x, column) => {
      if (!x) return;
      const upper = at(y.first, x.first) * (1 - x.weight) + at(y.first, x.second) * x.weight;
      const lower = at(y.second, x.first) * (1 - x.weight) + at(y.second, x.second) * x.weight;
      field[row * columns + column] = strength * (upper * (1 - y.weight) + lower * y.weight);
    });
  });
  return field;
}

/** Colour a field of 0…1 values. Shape `[rows, columns, 4]`, alpha not multiplied in (as `ImageData`). */
export function heatRgba(field: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const table = heatTable();
  const rgba = new Uint8ClampedArray(field.length * 4);
  for (let i = 0; i < field.length; i++) {
    const entry = 4 * Math.round(255 * Math.min(1, Math.max(0, field[i] ?? 0)));
    for (let channel = 0; channel < 4; channel++) rgba[4 * i + channel] = table[entry + channel] ?? 0;
  }
  return rgba;
}

/**
 * Only the rim of what stands above `level`: the anatomy inside stays uncovered. A pixel belongs to the rim
 * when it is above the level and one of its four neighbours (or the slice's edge) is not.
 * Shape `[rows, columns, 4]`, one colour, opaque.
 */
export function outlineRgba(
  field: Float32Array,
  columns: number,
  level: number,
  colour: readonly [number, number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(field.length * 4);
  const rows = field.length / columns;
  const above = (row: number, column: number): boolean =>
    row >= 0 &&
    row < rows &&
    column >= 0 &&
    column < columns &&
    (field[row * columns + column] ?? 0) >= level;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!above(row, column)) continue;
      const inside =
        above(row - 1, column) && above(row + 1, column) && above(row, column - 1) && above(row, column + 1);
      if (!inside) rgba.set([...colour, 255], 4 * (row * columns + column));
    }
  }
  return rgba;
}
