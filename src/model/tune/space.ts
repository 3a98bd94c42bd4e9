/**
 * @file What is searched: settings, each with a range of numbers or a list of values. Text in, checked ranges out. Pure.
 */
import type { Scale } from "../report/ticks.ts";

/** Numbers from `lower` to `upper`, both included. */
export interface NumberRange {
  readonly kind: "number";
  readonly lower: number;
  readonly upper: number;
  /** "log": equal ratios are equally likely. */
  readonly scale: Scale;
  readonly whole: boolean;
}

/** One of some values, each as likely as the others. */
export interface Choice {
  readonly kind: "choice";
  readonly values: readonly string[];
}

export type Range = NumberRange | Choice;

/** Setting's name → what is searched. The order is that of the search, and part of its seed. */
export type Space = ReadonlyMap<string, Range>;

/** A setting's value, as it stands on a command line. */
export type Setting = string;
export type Settings = Readonly<Record<string, Setting>>;

/** Significant digits of a number that is tried: more are noise, and do not read well. */
const DIGITS = 4;

/**
 * A range of a text: `1e-4:1e-2:log`, `0:0.1`, `3:10` (whole numbers where the setting is one), `16,32,64`; null for
 * a single value.
 * @throws RangeError saying what was expected
 */
export function parseRange(text: string, whole: boolean): Range | null {
  if (text.includes(",")) {
    const values = text.split(",").map((value) => value.trim());
    if (values.includes("") || new Set(values).size < values.length) {
      throw new RangeError(`expected different values with commas between, got "${text}"`);
    }
    return { kind: "choice", values };
  }
  if (!text.includes(":")) return null;
  const [from = "", to = "", scale = "linear", ...rest] = text.split(":");
  const [lower, upper] = [from, to].map((end) => (end.trim() === "" ? NaN : Number(end)));
  const isRange = lower !== undefined && upper !== undefined && lower < upper;
  if (!isRange || rest.length > 0 || (scale !== "linear" && scale !== "log")) {
    throw new RangeError(`expected LOWER:UPPER or LOWER:UPPER:log with LOWER below UPPER, got "${text}"`);
  }
  if (scale === "log" && lower <= 0) {
    throw new RangeError(`expected a lower end above 0 for a logarithmic range, got "${text}"`);
  }
  if (whole && !(Number.isInteger(lower) && Number.isInteger(upper))) {
    throw new RangeError(`expected whole numbers, got "${text}"`);
  }
  return { kind: "number", lower, upper, scale, whole };
}

const position = (value: number, scale: Scale): number => (scale === "log" ? Math.log(value) : value);

/** The ends of a range on its scale; a whole number is an interval of one around it, so that ends are as likely. */
function ends({ lower, upper, scale, whole }: NumberRange): readonly [from: number, to: number] {
  const half = whole ? 0.5 : 0;
  return [position(lower - half, scale), position(upper + half, scale)];
}

/** A value's place in its range, 0…1; of a choice, its index. */
export function toUnit(range: Range, setting: Setting): number {
  if (range.kind === "choice") return range.values.indexOf(setting);
  const [from, to] = ends(range);
  return (position(Number(setting), range.scale) - from) / (to - from);
}

/** The value at a place of 0…1; of a choice, at an index. */
export function fromUnit(range: Range, unit: number): Setting {
  if (range.kind === "choice") return range.values[unit] ?? range.values[0] ?? "";
  const [from, to] = ends(range);
  const place = from + unit * (to - from);
  const value = range.scale === "log" ? Math.exp(place) : place;
  const rounded = range.whole ? Math.round(value) : Number(value.toPrecision(DIGITS));
  return String(Math.min(range.upper, Math.max(range.lower, rounded)));
}

/** A range as text, as it was given. */
export function rangeText(range: Range): string {
  if (range.kind === "choice") return range.values.join(",");
  return `${range.lower}:${range.upper}${range.scale === "log" ? ":log" : ""}`;
}
