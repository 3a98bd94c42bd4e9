/**
 * @file The frame of every chart: two axes with marks, a place for each value, a legend. SVG by pure functions.
 */
import { escapeHtml } from "./html.ts";
import type { Html } from "./html.ts";
import { SERIES_COLOURS } from "./style.ts";
import { tickText, ticksOf } from "./ticks.ts";
import type { Scale } from "./ticks.ts";

export type Point = readonly [x: number, y: number];

export interface Axis {
  readonly label: string;
  /** What must be in view. */
  readonly least: number;
  readonly most: number;
  readonly scale?: Scale;
  /** What stands at the marks, where that is no number: text by value. */
  readonly names?: ReadonlyMap<number, string>;
}

export interface LegendEntry {
  readonly name: string;
  /** Which series' colour. */
  readonly colour: number;
  readonly dashed?: boolean;
  /** Said after the name, quietly. */
  readonly note?: string;
}

/** Values to places in the drawing, in its units. */
export interface Places {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Plot {
  readonly x: Axis;
  readonly y: Axis;
  readonly legend: readonly LegendEntry[];
  /** What the chart shows, for those who hear it. */
  readonly description: string;
  readonly draw: (places: Places) => Html;
}

const WIDTH = 480;
const HEIGHT = 330;
const LEFT = 60;
const RIGHT = WIDTH - 12;
const TOP = 10;
const BOTTOM = HEIGHT - 44;

/** A number of the drawing: tenths are enough. */
export const at = (value: number): string => String(Math.round(value * 10) / 10);

/** The class of a series' colour. */
export const colourClass = (index: number): string => `s${index % SERIES_COLOURS}`;

/** The values of an axis to 0…1, and its marks. */
function scaleOf({ least, most, scale = "linear", names }: Axis): {
  share: (value: number) => number;
  ticks: readonly number[];
} {
  const ticks = names ? [...names.keys()] : ticksOf(least, most, scale);
  const position = scale === "log" ? Math.log : (value: number): number => value;
  const ends = names ? [least, most] : [ticks[0] ?? least, ticks.at(-1) ?? most];
  const [from, to] = [position(ends[0] ?? 0), position(ends[1] ?? 1)];
  return { share: (value) => (position(value) - from) / (to - from), ticks };
}

/** `M x y L …`; values that are no number break the line. */
export function pathOf(points: readonly Point[], { x, y }: Places): string {
  let pen = "M";
  return points
    .map(([px, py]) => {
      if (!Number.isFinite(px) || !Number.isFinite(py)) {
        pen = "M";
        return "";
      }
      const command = `${pen}${at(x(px))} ${at(y(py))}`;
      pen = "L";
      return command;
    })
    .join("");
}

function axesHtml(plot: Plot, places: Places, xTicks: readonly number[], yTicks: readonly number[]): Html {
  const text = ({ names }: Axis, value: number): Html => escapeHtml(names?.get(value) ?? tickText(value));
  const columns = xTicks.map((tick) => {
    const x = at(places.x(tick));
    return `<line class="grid" x1="${x}" y1="${TOP}" x2="${x}" y2="${BOTTOM}"/><text x="${x}" y="${BOTTOM + 16}" text-anchor="middle">${text(plot.x, tick)}</text>`;
  });
  const rows = yTicks.map((tick) => {
    const y = places.y(tick);
    return `<line class="grid" x1="${LEFT}" y1="${at(y)}" x2="${RIGHT}" y2="${at(y)}"/><text x="${LEFT - 8}" y="${at(y + 3.5)}" text-anchor="end">${text(plot.y, tick)}</text>`;
  });
  const middle = (TOP + BOTTOM) / 2;
  return [
    ...columns,
    ...rows,
    `<path class="base" fill="none" d="M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}"/>`,
    `<text class="axis" x="${at((LEFT + RIGHT) / 2)}" y="${HEIGHT - 6}" text-anchor="middle">${escapeHtml(plot.x.label)}</text>`,
    `<text class="axis" transform="translate(11 ${at(middle)}) rotate(-90)" text-anchor="middle">${escapeHtml(plot.y.label)}</text>`,
  ].join("\n");
}

function legendHtml(legend: readonly LegendEntry[]): Html {
  if (legend.length === 0) return "";
  const items = legend.map(({ name, colour, dashed, note }) => {
    const mark = `<i class="${colourClass(colour)}${dashed === true ? " dashes" : ""}"></i>`;
    return `<li>${mark}${escapeHtml(name)}${note === undefined ? "" : ` <span>${escapeHtml(note)}</span>`}</li>`;
  });
  return `\n<ul class="legend">\n${items.join("\n")}\n</ul>`;
}

/** A chart: the SVG, and its legend below. */
export function plotHtml(plot: Plot): Html {
  const [xScale, yScale] = [scaleOf(plot.x), scaleOf(plot.y)];
  const places: Places = {
    x: (value) => LEFT + (RIGHT - LEFT) * xScale.share(value),
    y: (value) => BOTTOM - (BOTTOM - TOP) * yScale.share(value),
    ...{ left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM },
  };
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(plot.description)}">
${axesHtml(plot, places, xScale.ticks, yScale.ticks)}
${plot.draw(places)}
</svg>${legendHtml(plot.legend)}`;
}
