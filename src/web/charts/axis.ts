/**
 * @file Round numbers along an axis.
 */

/** The largest of 1, 2, 5 times a power of ten that leaves about `count` steps up to `top`. */
export function niceStep(top: number, count: number): number {
  const rough = top / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((step) => step * power >= rough) ?? 10;
  return factor * power;
}

/** From 0 to at most `top`; only 0 when there is nothing to show. */
export function ticks(top: number, count: number): number[] {
  if (!(top > 0 && Number.isFinite(top))) return [0];
  const step = niceStep(top, count);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_v, i) => i * step);
}
