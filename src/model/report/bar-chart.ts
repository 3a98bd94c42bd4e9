/**
 * @file Lying bars, one a name, with intervals where there are.
 */
import { rangeOf } from "./line-chart.ts";
import { escapeHtml, figureText } from "./html.ts";
import type { Html } from "./html.ts";
import { at, colourClass } from "./plot.ts";
import { tickText, ticksOf } from "./ticks.ts";

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly interval?: readonly [number, number];
  /** Which series' colour; the second by default. */
  readonly colour?: number;
  /** What stands behind the bar in place of its value. */
  readonly note?: string;
}

const WIDTH = 480;
const LEFT = 128;
/** Room behind the longest bar for its value, or for a note. */
const VALUE_ROOM = 64;
const NOTE_ROOM = 112;
const ROW = 26;
const BAR = 12;
const BOTTOM = 40;
/** Longer names are cut. */
const LONGEST_NAME = 20;

const cut = (name: string): string =>
  name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;

/** Bars from 0. Values that are no number have none. */
export function barChart(bars: readonly Bar[], xLabel: string): Html {
  const ends = bars.flatMap(({ value, interval }) => [value, ...(interval ?? [])]);
  const [least, most] = rangeOf([0, ...ends]);
  const ticks = ticksOf(least, most === least ? least + 1 : most);
  const [from, to] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const right = WIDTH - (bars.some(({ note }) => note !== undefined) ? NOTE_ROOM : VALUE_ROOM);
  const x = (value: number): number => LEFT + ((right - LEFT) * (value - from)) / (to - from);
  const height = bars.length * ROW;
  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${at(x(tick))}" y1="0" x2="${at(x(tick))}" y2="${height}"/><text x="${at(x(tick))}" y="${height + 15}" text-anchor="middle">${tickText(tick)}</text>`,
  );
  const rows = bars.map(({ name, value, interval, colour = 1, note }, i) => {
    const middle = i * ROW + ROW / 2;
    const isNumber = Number.isFinite(value);
    const [start, end] = [x(Math.min(0, value)), x(Math.max(0, value))];
    const bar = isNumber
      ? `<rect class="dim" x="${at(start)}" y="${at(middle - BAR / 2)}" width="${at(end - start)}" height="${BAR}" rx="2"/>`
      : "";
    const error = interval
      ? `<line class="error" x1="${at(x(interval[0]))}" y1="${at(middle)}" x2="${at(x(interval[1]))}" y2="${at(middle)}"/>`
      : "";
    const said = note ?? figureText(value);
    const place = x(Math.max(0, isNumber ? value : 0, interval?.[1] ?? 0)) + 6;
    return `<g class="${colourClass(colour)}"><text class="strong" x="${LEFT - 10}" y="${at(middle + 4)}" text-anchor="end">${escapeHtml(cut(name))}<title>${escapeHtml(name)}</title></text>${bar}${error}<text x="${at(place)}" y="${at(middle + 4)}">${escapeHtml(said)}</text></g>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height + BOTTOM}" role="img" aria-label="${escapeHtml(xLabel)}">
${grid.join("\n")}
${rows.join("\n")}
<text class="axis" x="${at((LEFT + right) / 2)}" y="${height + BOTTOM - 6}" text-anchor="middle">${escapeHtml(xLabel)}</text>
</svg>`;
}
