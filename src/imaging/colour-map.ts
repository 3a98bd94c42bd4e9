/**
 * @file The heat map's colours: one warm hue from nothing to pale yellow, over a grey image.
 *
 * Lightness rises steadily (checked by a test), so that a grey print still orders the values; opacity rises
 * with the value, so that where the network saw nothing, nothing is painted.
 */

/** [value 0…1, red, green, blue], in increasing order of value. */
const STOPS: readonly (readonly [number, number, number, number])[] = [
  [0, 96, 20, 8],
  [0.35, 190, 66, 22],
  [0.7, 240, 148, 58],
  [1, 255, 232, 170],
];

/** Opacity of a value, 0…1: below a tenth invisible (background of every CAM), full from 0.7 on. */
function opacity(value: number): number {
  return Math.min(1, Math.max(0, (value - 0.1) / 0.6));
}

/** Colour of a value, as red, green, blue, alpha in 0…255 (alpha not multiplied in). Clamps to 0…1. */
export function heatColour(value: number): [number, number, number, number] {
  const v = Math.min(1, Math.max(0, value));
  const upper = Math.max(
    1,
    STOPS.findIndex(([at]) => at >= v),
  );
  const [at0, ...from] = STOPS[upper - 1] ?? [0, 0, 0, 0];
  const [at1, ...to] = STOPS[upper] ?? [1, 0, 0, 0];
  const t = (v - at0) / (at1 - at0);
  const mix = (channel: 0 | 1 | 2): number => Math.round(from[channel] + t * (to[channel] - from[channel]));
  return [mix(0), mix(1), mix(2), Math.round(255 * opacity(v))];
}

/** The map as a table. Shape `[256, 4]`. */
export function heatTable(): Uint8ClampedArray {
  const table = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) table.set(heatColour(i / 255), 4 * i);
  return table;
}
