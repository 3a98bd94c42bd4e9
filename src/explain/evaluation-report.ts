/**
 * @file The report that compares methods and layers.
 */
import { barChart } from "../model/report/bar-chart.ts";
import type { Html } from "../model/report/html.ts";
import { figureText } from "../model/report/html.ts";
import { htmlPage, notes, part } from "../model/report/page.ts";
import { intervalText, plainTable } from "../model/report/tables.ts";
import { TOLERANCE_MM } from "./judge.ts";
import type { Figure, MethodFigures } from "./evaluate.ts";

export interface Evaluated {
  readonly model: string;
  readonly data: string;
  readonly samples: number;
  readonly groups: number;
  /** Of so many samples faithfulness and sanity were measured. */
  readonly faithfulness: number;
  /** Said with how it was measured. */
  readonly remarks: readonly string[];
}

const valueOf = (figure: Figure): number => figure?.value ?? NaN;
const nameOf = ({ method, layer }: MethodFigures, layers: number): string =>
  layers > 1 ? `${method} ${layer}` : method;

/** Bars of one figure, best first. */
function bars(
  found: readonly MethodFigures[],
  figure: (of: MethodFigures) => Figure,
  label: string,
  best: 1 | -1,
): Html {
  const layers = new Set(found.map(({ layer }) => layer)).size;
  const sorted = found
    .filter((of) => figure(of) !== null)
    .toSorted((a, b) => best * (valueOf(figure(b)) - valueOf(figure(a))));
  return barChart(
    sorted.map((of) => {
      const { value, interval } = figure(of) ?? { value: NaN, interval: [NaN, NaN] as const };
      return { name: nameOf(of, layers), value, interval };
    }),
    label,
  );
}

function cellText(figure: Figure): string {
  return figure ? `${figureText(figure.value)} (${intervalText(figure.interval)})` : "–";
}

/** The whole page. */
export function evaluationPage(
  found: readonly MethodFigures[],
  { model, data, samples, groups, faithfulness, remarks }: Evaluated,
): Html {
  const [best] = found.toSorted(
    (a, b) => valueOf(b.pointing) - valueOf(a.pointing) || valueOf(b.dice) - valueOf(a.dice),
  );
  const localisation = plainTable(
    [
      "method",
      "layer",
      `pointing, ${TOLERANCE_MM} mm`,
      "where found",
      "outline alone",
      "and its hull",
      "energy inside",
      "best Dice",
      "IoU there",
      "threshold",
      "ms a map",
    ],
    found.map((of) => [
      { text: of.method, kind: "said" as const },
      { text: of.layer, kind: "said" as const },
      { text: cellText(of.pointing), kind: "value" as const },
      cellText(of.pointingFound),
      cellText(of.pointingDrawn),
      cellText(of.pointingEnclosed),
      cellText(of.energy),
      cellText(of.dice),
      cellText(of.iou),
      of.threshold === null ? "–" : of.threshold.toFixed(2),
      of.mapMs.toFixed(0),
    ]),
    (row) => found[row] === best,
  );
  const faithful = plainTable(
    ["method", "layer", "ROAD combined", "confidence change", "insertion", "deletion", "sanity"],
    found.map((of) => [
      { text: of.method, kind: "said" as const },
      { text: of.layer, kind: "said" as const },
      ...[of.road, of.confidence, of.insertion, of.deletion, of.sanity].map(cellText),
    ]),
  );
  return htmlPage({
    title: "What the heat maps are worth",
    subtitle: `${model} on ${data}: ${samples} pictures of ${groups} patients`,
    sections: [
      {
        heading: "Where the finding is",
        text: `A hit: the map's peak lies in the finding grown by ${TOLERANCE_MM} mm, on all pictures; where found: on those the network calls positive. PHE-SICH's outlines follow the oedema round the blood: the finding is the outline's convex hull and the blood beside it. Energy and overlap are with the finding.`,
        parts: [
          part(
            "Pointing game",
            bars(found, (of) => of.pointing, "hits", 1),
          ),
          part(
            "Best Dice by threshold",
            bars(found, (of) => of.dice, "Dice", 1),
          ),
          part("", localisation, { wide: true }),
        ],
      },
      {
        heading: "What the score was computed from",
        text: `On ${faithfulness} of the pictures; scores are the probability of the class.`,
        parts: [
          part(
            "ROAD combined (more is better)",
            bars(found, (of) => of.road, "ROAD combined", 1),
          ),
          part(
            "Correlation after shuffling weights (0 is sane)",
            bars(found, (of) => of.sanity, "correlation", -1),
          ),
          part("", faithful, { wide: true }),
        ],
      },
      {
        heading: "How it was measured",
        parts: [
          notes([
            ...remarks,
            "Pointing: Wilson's interval; all others: mean, patients drawn again 500 times.",
            "ROAD (Rong et al. 2022): pixels are replaced by the weighted mean of their neighbours and noise; 10, 30, 50, 70 and 90 % of the least relevant gone, less as many of the most relevant, halved.",
            "Insertion begins with a blurred image (more is better), deletion ends in a black one (less is better).",
            "Sanity: the values of every kernel and matrix in random order.",
          ]),
        ],
      },
    ],
  });
}
