/**
 * @file Points, one a trial: what came of a value that was tried.
 */
import { escapeHtml } from "./html.ts";
import type { Html } from "./html.ts";
import { rangeOf } from "./line-chart.ts";
import { at, colourClass, plotHtml } from "./plot.ts";
import type { Scale } from "./ticks.ts";

export interface Dot {
  /** A number; of named values, the name. */
  readonly x: number | string;
  readonly y: number;
  /** Said when it is pointed at. */
  readonly label: string;
  /** Drawn as a ring: the best one. */
  readonly strong?: boolean;
}

export interface ScatterChart {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly dots: readonly Dot[];
  readonly xScale?: Scale;
  /** The values x can have, where they are names. */
  readonly xNames?: readonly string[];
}

export function scatterChart({ xLabel, yLabel, dots, xScale = "linear", xNames }: ScatterChart): Html {
  const names = xNames && new Map(xNames.map((name, i) => [i, name]));
  const xOf = ({ x }: Dot): number => (typeof x === "number" ? x : (xNames?.indexOf(x) ?? NaN));
  const [least, most] = names ? [-0.5, names.size - 0.5] : rangeOf(dots.map(xOf));
  const [yLeast, yMost] = rangeOf(dots.map(({ y }) => y));
  return plotHtml({
    x: { label: xLabel, least, most, scale: names ? "linear" : xScale, ...(names ? { names } : {}) },
    y: { label: yLabel, least: yLeast, most: yMost },
    legend: [],
    description: `${yLabel} by ${xLabel}`,
    draw: ({ x, y }) =>
      dots
        .filter((dot) => Number.isFinite(dot.y) && Number.isFinite(xOf(dot)))
        .toSorted((a, b) => Number(a.strong === true) - Number(b.strong === true))
        .map((dot) => {
          const strong = dot.strong === true;
          return `<circle class="${strong ? `ring ${colourClass(0)}` : `dim ${colourClass(1)}`}" cx="${at(x(xOf(dot)))}" cy="${at(y(dot.y))}" r="${strong ? 5.5 : 4}"><title>${escapeHtml(dot.label)}</title></circle>`;
        })
        .join("\n"),
  });
}
