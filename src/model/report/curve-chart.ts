/**
 * @file ROC and precision-recall curves, with the band of their 95 % interval.
 */
import type { BandPoint, CurvePoint } from "../metrics-curves.ts";
import { escapeHtml, figureText } from "./html.ts";
import type { Html } from "./html.ts";
import { at, colourClass, pathOf, plotHtml } from "./plot.ts";
import type { Places } from "./plot.ts";

/** A curve from 0 to 1. */
export interface NamedCurve {
  readonly name: string;
  readonly points: readonly CurvePoint[];
  readonly band?: readonly BandPoint[];
  /** Said in the legend after the name: "AUC 0.93 (0.90 to 0.95)". */
  readonly note?: string;
  /** A place on it with a word: the threshold. */
  readonly mark?: { readonly point: CurvePoint; readonly label: string };
}

const UNIT_AXIS = { least: 0, most: 1 } as const;

/** More points than this are not seen: of those between, only the ones that leave the straight line are drawn. */
const MOST_POINTS = 400;

function thinned(points: readonly CurvePoint[]): readonly CurvePoint[] {
  if (points.length <= MOST_POINTS) return points;
  const step = (points.length - 1) / (MOST_POINTS - 1);
  return Array.from({ length: MOST_POINTS }, (_, i) => points[Math.round(i * step)] ?? [0, 0]);
}

function bandHtml(band: readonly BandPoint[], places: Places): Html {
  if (band.length === 0) return "";
  const upper = band.map(({ x, upper: y }): CurvePoint => [x, y]);
  const lower = band.map(({ x, lower: y }): CurvePoint => [x, y]).reverse();
  return `<path class="band" d="${pathOf([...upper, ...lower], places)}Z"/>`;
}

function markHtml({ point, label }: { point: CurvePoint; label: string }, { x, y }: Places): Html {
  const [px, py] = [x(point[0]), y(point[1])];
  const isRight = point[0] > 0.6;
  const side = isRight ? `x="${at(px - 9)}" text-anchor="end"` : `x="${at(px + 9)}"`;
  return `<circle class="ring" cx="${at(px)}" cy="${at(py)}" r="4.5"/><text class="strong" ${side} y="${at(py + 15)}">${escapeHtml(label)}</text>`;
}

function curvesHtml(curves: readonly NamedCurve[], places: Places): Html {
  const bands = curves.map(
    ({ band = [] }, i) => `<g class="${colourClass(i)}">${bandHtml(band, places)}</g>`,
  );
  const lines = curves.map(({ points, mark }, i) => {
    const path = `<path class="curve" d="${pathOf(thinned(points), places)}"/>`;
    return `<g class="${colourClass(i)}">${path}${mark ? markHtml(mark, places) : ""}</g>`;
  });
  return [...bands, ...lines].join("\n");
}

const legendOf = (curves: readonly NamedCurve[]) =>
  curves.map(({ name, note }, colour) => ({ name, colour, ...(note === undefined ? {} : { note }) }));

const namesOf = (curves: readonly NamedCurve[]): string => curves.map(({ name }) => name).join(", ");

/** Sensitivity by 1 - specificity; the diagonal is chance. */
export function rocChart(curves: readonly NamedCurve[]): Html {
  return plotHtml({
    x: { label: "1 − specificity", ...UNIT_AXIS },
    y: { label: "sensitivity", ...UNIT_AXIS },
    legend: legendOf(curves),
    description: `ROC curve: ${namesOf(curves)}`,
    draw: (places) =>
      `<path class="chance" d="${pathOf(
        [
          [0, 0],
          [1, 1],
        ],
        places,
      )}"/>\n${curvesHtml(curves, places)}`,
  });
}

/** Precision by recall; the level line is the precision of calling everything, where the curves share one. */
export function prChart(curves: readonly NamedCurve[], prevalence: number | null): Html {
  return plotHtml({
    x: { label: "recall (sensitivity)", ...UNIT_AXIS },
    y: { label: "precision", ...UNIT_AXIS },
    legend: legendOf(curves),
    description: `Precision-recall curve: ${namesOf(curves)}`,
    draw: (places) => {
      if (prevalence === null) return curvesHtml(curves, places);
      const level = `<path class="chance" d="${pathOf(
        [
          [0, prevalence],
          [1, prevalence],
        ],
        places,
      )}"/>`;
      const word = `<text x="${at(places.left + 6)}" y="${at(places.y(prevalence) - 5)}">share of positives ${figureText(prevalence)}</text>`;
      return `${level}${word}\n${curvesHtml(curves, places)}`;
    },
  });
}
