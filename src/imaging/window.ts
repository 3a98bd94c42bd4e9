/**
 * @file Windowing: Hounsfield units to 8-bit display values.
 *
 * The LINEAR function of DICOM PS3.3 C.11.2.1.2.1. Pure; no dependencies.
 */
import type { Slice, Window } from "../domain/slice.ts";

/** Map one HU value to an integer in 0..255, saturating outside the window. */
export function windowHu(hu: number, { centerHu, widthHu }: Window): number {
  const lower = centerHu - 0.5 - (widthHu - 1) / 2;
  const upper = centerHu - 0.5 + (widthHu - 1) / 2;
  if (hu <= lower) return 0; // first, so that width 1 is a step and never divides by zero
  if (hu > upper) return 255;
  return Math.round(((hu - lower) / (widthHu - 1)) * 255);
}

/** The same by LINEAR_EXACT (C.11.2.1.3.2), which most notebooks use: the window is as wide as it says. */
export function windowExactHu(hu: number, { centerHu, widthHu }: Window): number {
  const part = (hu - centerHu) / widthHu + 0.5;
  return Math.round(255 * Math.max(0, Math.min(1, part)));
}

/** Every possible Int16 value through one window: index `hu + 32768`. Shape `[65536]`. */
export function windowTable(window: Window): Uint8Array {
  const table = new Uint8Array(65536);
  for (let hu = -32768; hu <= 32767; hu++) table[hu + 32768] = windowHu(hu, window);
  return table;
}

/** The three windows as R, G, B. Shape `[rows, columns, 3]`. */
export function windowToRgb(
  { hu, rows, columns }: Pick<Slice, "hu" | "rows" | "columns">,
  windows: readonly [Window, Window, Window],
): Uint8Array {
  const rgb = new Uint8Array(rows * columns * 3);
  windows.forEach((window, channel) => {
    const table = windowTable(window);
    for (let i = 0; i < hu.length; i++) rgb[3 * i + channel] = table[(hu[i] ?? 0) + 32768] ?? 0;
  });
  return rgb;
}
