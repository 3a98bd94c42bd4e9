/**
 * @file Where an axis has its marks, and what stands there. Pure.
 */

/** Whether equal steps of an axis are equal differences, or equal ratios. */
export type Scale = "linear" | "log";

/** Multiples of 1, 2 or 5 times a power of ten that cover `least`…`most`, about `count` of them, ends included. */
function linearTicks(least: number, most: number, count: number): number[] {
  const rough = (most - least) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((multiple) => multiple * power >= rough * 0.999) ?? 10);
  const first = Math.floor(least / step + 1e-9);
  const last = Math.ceil(most / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Powers of ten that cover `least`…`most`; 1, 2 and 5 times those where there are few. */
function logTicks(least: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(least) + 1e-9), Math.ceil(Math.log10(most) - 1e-9)];
  const multiples = last - first > 2 ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (let power = first; power <= last; power++) {
    for (const multiple of multiples) all.push(Number((multiple * 10 ** power).toPrecision(12)));
  }
  const from = all.findLastIndex((tick) => tick <= least * (1 + 1e-9));
  const to = all.findIndex((tick) => tick >= most * (1 - 1e-9));
  return all.slice(Math.max(0, from), to < 0 ? undefined : to + 1);
}

/**
 * The marks of an axis, from at most `least` to at least `most`.
 * @throws RangeError for a logarithmic axis that begins at 0 or below
 */
export function ticksOf(least: number, most: number, scale: Scale = "linear", count = 5): number[] {
  if (scale === "log") {
    if (!(least > 0)) throw new RangeError(`a logarithmic axis needs values above 0, got ${least}`);
    return least === most ? logTicks(least / 2, most * 2) : logTicks(least, most);
  }
  if (least !== most) return linearTicks(least, most, count);
  const margin = Math.abs(least) / 2 || 1;
  return linearTicks(least - margin, most + margin, count);
}

/** A mark's number, short: `0.25`, `1000`, `1e-4`. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100_000)) return value.toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(6)));
}
