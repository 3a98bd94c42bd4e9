/**
 * @file Lines over a common axis: loss by epoch, AUC by epoch.
 */
import { escapeHtml, figureText } from "./html.ts";
import type { Html } from "./html.ts";
import { at, colourClass, pathOf, plotHtml } from "./plot.ts";
import type { Places, Point } from "./plot.ts";
import type { Scale } from "./ticks.ts";

export interface Series {
  readonly name: string;
  /** In order of x. Values that are no number leave a gap. */
  readonly points: readonly Point[];
  readonly dashed?: boolean;
  /** Said in the legend after the name. */
  readonly note?: string;
}

export interface LineChart {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  readonly xScale?: Scale;
  readonly yScale?: Scale;
  /** The ends of the y axis, where they are not taken from the points. */
  readonly yRange?: readonly [number, number];
  /** A vertical line with a word: the epoch whose weights were kept. */
  readonly mark?: { readonly x: number; readonly label: string };
}

/** From the least to the largest number of a list; 0…1 where there is none. */
export function rangeOf(values: Iterable<number>): readonly [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least <= most ? [least, most] : [0, 1];
}

function markHtml({ x, top, bottom, left, right }: Places, mark: { x: number; label: string }): Html {
  const place = x(mark.x);
  const isRight = place > (left + right) / 2;
  const side = isRight ? `x="${at(place - 6)}" text-anchor="end"` : `x="${at(place + 6)}"`;
  return `<line class="chance" x1="${at(place)}" y1="${top}" x2="${at(place)}" y2="${bottom}"/>
<text ${side} y="${top + 10}">${escapeHtml(mark.label)}</text>`;
}

/** Lines with a legend; each point says its values when it is pointed at. */
export function lineChart(chart: LineChart): Html {
  const points = chart.series.flatMap((series) => series.points);
  const [xLeast, xMost] = rangeOf(points.map(([x]) => x));
  const [yLeast, yMost] = chart.yRange ?? rangeOf(points.map(([, y]) => y));
  return plotHtml({
    x: { label: chart.xLabel, least: xLeast, most: xMost, scale: chart.xScale ?? "linear" },
    y: { label: chart.yLabel, least: yLeast, most: yMost, scale: chart.yScale ?? "linear" },
    legend: chart.series.map(({ name, dashed, note }, colour) => ({
      name,
      colour,
      ...(dashed === undefined ? {} : { dashed }),
      ...(note === undefined ? {} : { note }),
    })),
    description: `${chart.yLabel} by ${chart.xLabel}: ${chart.series.map(({ name }) => name).join(", ")}`,
    draw: (places) => {
      const lines = chart.series.map(({ name, points: own, dashed }, index) => {
        const dots = own
          .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))
          .map(
            ([x, y]) =>
              `<circle class="fill" cx="${at(places.x(x))}" cy="${at(places.y(y))}" r="2.25"><title>${escapeHtml(`${name}, ${chart.xLabel} ${figureText(x)}: ${figureText(y)}`)}</title></circle>`,
          );
        const path = `<path class="curve${dashed === true ? " dashed" : ""}" d="${pathOf(own, places)}"/>`;
        return `<g class="${colourClass(index)}">${path}${own.length <= 60 ? dots.join("") : ""}</g>`;
      });
      return [...(chart.mark ? [markHtml(places, chart.mark)] : []), ...lines].join("\n");
    },
  });
}
