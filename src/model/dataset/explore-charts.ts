/**
 * @file What the pages of `dataset explore` share: counts as bars, figures in groups of three digits.
 */
import { barChart } from "../report/bar-chart.ts";
import type { Html } from "../report/html.ts";
import type { Counts } from "./tally.ts";

/** Bars of a chart; what is rarer is summed up. */
const MOST_BARS = 12;
/** Rows of a table; the rest is in the JSON. */
export const MOST_ROWS = 50;

/** 1234567 → "1 234 567", with thin spaces. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, "\u2009");

/** A bar a value, with its count and share. */
export function bars(counts: Counts, label: string, total: number): Html {
  const head = counts.slice(0, MOST_BARS);
  const rest = counts.slice(MOST_BARS);
  const others: Counts =
    rest.length > 0 ? [[`${rest.length} others`, rest.reduce((sum, [, count]) => sum + count, 0)]] : [];
  const rows = [...head, ...others].map(([name, value]) => ({
    ...{ name, value },
    note: `${grouped(value)} (${((100 * value) / Math.max(1, total)).toFixed(1)} %)`,
  }));
  return barChart(rows, label);
}
