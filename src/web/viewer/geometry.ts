/**
 * @file Where the slice lies on the screen: its true proportions, zoom and pan. Pure; CSS pixels.
 */
import type { SliceDetail } from "../../domain/api.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Placement {
  /** 1 fits the slice into the frame. */
  readonly zoom: number;
  /** Displacement of the slice's centre from the frame's. */
  readonly pan: Point;
}

export type SliceShape = Pick<SliceDetail, "rows" | "columns" | "spacingMm">;

export const FITTED: Placement = { zoom: 1, pan: { x: 0, y: 0 } };
const ZOOM_MIN = 0.5;
const ZOOM_MAX = 16;

/** The slice's rectangle in the frame; a millimetre is as long down as across. */
export function imageRect(frame: Size, slice: SliceShape, { zoom, pan }: Placement): Point & Size {
  const widthMm = slice.columns * slice.spacingMm[1];
  const heightMm = slice.rows * slice.spacingMm[0];
  const pxPerMm = zoom * Math.min(frame.width / widthMm, frame.height / heightMm);
  const width = widthMm * pxPerMm;
  const height = heightMm * pxPerMm;
  return {
    x: (frame.width - width) / 2 + pan.x,
    y: (frame.height - height) / 2 + pan.y,
    width,
    height,
  };
}

/** Zoom by a factor with the point under the cursor standing still. `at` is in the frame. */
export function zoomAt(frame: Size, { zoom, pan }: Placement, factor: number, at: Point): Placement {
  const next = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, zoom * factor));
  const k = next / zoom;
  const fromCentre = { x: at.x - frame.width / 2, y: at.y - frame.height / 2 };
  return {
    zoom: next,
    pan: { x: fromCentre.x - k * (fromCentre.x - pan.x), y: fromCentre.y - k * (fromCentre.y - pan.y) },
  };
}

/** The slice's pixel (row, column) at a point of the frame, or null outside the slice. */
export function pixelAt(
  frame: Size,
  slice: SliceShape,
  placement: Placement,
  at: Point,
): { row: number; column: number } | null {
  const rect = imageRect(frame, slice, placement);
  const row = Math.floor(((at.y - rect.y) / rect.height) * slice.rows);
  const column = Math.floor(((at.x - rect.x) / rect.width) * slice.columns);
  const isInside = row >= 0 && row < slice.rows && column >= 0 && column < slice.columns;
  return isInside ? { row, column } : null;
}
