/**
 * @file The size of a pixel where a picture says nothing of it: guessed from the skull. Pure.
 */
import { intracranialMask, maskBox } from "./head-crop.ts";
import type { Grid } from "./resize.ts";

/** Diagonal of the bounding box of an average adult's intracranial space, 168 × 135 mm. */
const INTRACRANIAL_DIAGONAL_MM = Math.hypot(168, 135);
/** Of the extents of a patient's slices the third largest is taken: one or two may be mistaken. */
const TYPICAL_RANK = 2;

/** Sides of a pixel in mm that are possible, and the one assumed while measuring. */
export interface PixelRange {
  readonly smallest: number;
  readonly largest: number;
  readonly usual: number;
}

/** Diagonal of the bounding box of the inside of the skull, in pixels; 0 where there is none. */
function diagonalPixels(image: Grid, pixelMm: number): number {
  const box = maskBox(intracranialMask(image, pixelMm));
  return box ? Math.hypot(box.bottom - box.top, box.right - box.left) : 0;
}

/** The side of a pixel in mm, guessed from a patient's slices (HU): as if the skull's inside were an average adult's. */
export function skullPixelMm(images: readonly Grid[], { smallest, largest, usual }: PixelRange): number {
  const diagonals = images.map((image) => diagonalPixels(image, usual)).sort((a, b) => b - a);
  const typical = diagonals[TYPICAL_RANK] ?? 0;
  const guess = typical > 0 ? INTRACRANIAL_DIAGONAL_MM / typical : usual;
  return Math.max(smallest, Math.min(largest, guess));
}
