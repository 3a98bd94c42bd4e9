/**
 * @file Reliability diagram: share of positives by probability given, with how many cases each point stands for.
 */
import type { ReliabilityBin } from "../metrics-calibration.ts";
import { escapeHtml, figureText } from "./html.ts";
import type { Html } from "./html.ts";
import { at, pathOf, plotHtml } from "./plot.ts";

/** The height of the tallest bar of counts, as a share of the chart. */
const COUNT_SHARE = 0.16;
/** Half the width of a bar of counts, in probability. */
const HALF_BAR = 0.035;

/** On the diagonal a probability is what it says it is. */
export function calibrationChart(bins: readonly ReliabilityBin[]): Html {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  return plotHtml({
    x: { label: "probability given", least: 0, most: 1 },
    y: { label: "share of positives", least: 0, most: 1 },
    legend: [{ name: "observed", colour: 1, note: "Wilson interval; grey bars: how many cases" }],
    description: "Share of positives by probability given",
    draw: (places) => {
      const { x, y } = places;
      const counts = bins.map(({ meanProbability, count }) => {
        const [left, right] = [
          Math.max(0, meanProbability - HALF_BAR),
          Math.min(1, meanProbability + HALF_BAR),
        ];
        const top = y((COUNT_SHARE * count) / most);
        return `<rect class="count" x="${at(x(left))}" y="${at(top)}" width="${at(x(right) - x(left))}" height="${at(y(0) - top)}"/>`;
      });
      const points = bins.map(({ meanProbability, observed, count }) => {
        const [px, [lower, upper]] = [at(x(meanProbability)), observed.interval];
        const said = `${count} cases: given ${figureText(meanProbability)}, observed ${figureText(observed.value)}`;
        return `<line class="error" x1="${px}" y1="${at(y(lower))}" x2="${px}" y2="${at(y(upper))}"/><circle class="fill" cx="${px}" cy="${at(y(observed.value))}" r="3.5"><title>${escapeHtml(said)}</title></circle>`;
      });
      const line = pathOf(
        bins.map((bin) => [bin.meanProbability, bin.observed.value] as const),
        places,
      );
      const diagonal = `<path class="chance" d="${pathOf(
        [
          [0, 0],
          [1, 1],
        ],
        places,
      )}"/>`;
      return `${counts.join("")}\n${diagonal}\n<g class="s1"><path class="curve" d="${line}"/>${points.join("\n")}</g>`;
    },
  });
}
