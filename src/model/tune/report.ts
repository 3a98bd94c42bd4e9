/**
 * @file The page of a search: the best settings, how the search went, each setting against what came of it.
 */
import { figureText } from "../report/html.ts";
import type { Html } from "../report/html.ts";
import { lineChart } from "../report/line-chart.ts";
import type { Point } from "../report/plot.ts";
import { htmlPage, part } from "../report/page.ts";
import { scatterChart } from "../report/scatter-chart.ts";
import { plainTable } from "../report/tables.ts";
import { costOf } from "./objective.ts";
import type { Objective } from "./objective.ts";
import { bestTrial } from "./search.ts";
import { rangeText } from "./space.ts";
import type { Range, Space } from "./space.ts";
import type { Trial } from "./trials.ts";

export interface SearchReport {
  readonly data: string;
  readonly space: Space;
  readonly objective: Objective;
  readonly trials: readonly Trial[];
  readonly randomTrials: number;
}

const valueOf = ({ result }: Trial): number => result?.value ?? NaN;

const labelOf = (trial: Trial): string => {
  const settings = Object.entries(trial.settings).map(([name, value]) => `${name} ${value}`);
  return `trial ${trial.number}: ${figureText(valueOf(trial))} (${settings.join(", ")})`;
};

/** The best value of the trials up to each. */
function bestSoFar(trials: readonly Trial[], objective: Objective): Point[] {
  let best = NaN;
  return trials.map((trial) => {
    const value = valueOf(trial);
    const isBetter = !(costOf(objective, best) <= costOf(objective, value));
    if (Number.isFinite(value) && isBetter) best = value;
    return [trial.number, best] as const;
  });
}

function settingChart(name: string, range: Range, report: SearchReport, best: Trial | null): Html {
  const dots = report.trials.map((trial) => ({
    x: range.kind === "number" ? Number(trial.settings[name]) : (trial.settings[name] ?? ""),
    y: valueOf(trial),
    label: labelOf(trial),
    strong: trial.number === best?.number,
  }));
  const axis = range.kind === "number" ? { xScale: range.scale } : { xNames: range.values };
  return part(name, scatterChart({ xLabel: name, yLabel: report.objective, dots, ...axis }));
}

/** Best trials first; those that failed last. */
export function byValue(trials: readonly Trial[], objective: Objective): Trial[] {
  const cost = ({ result }: Trial): number =>
    result?.value == null ? Infinity : costOf(objective, result.value);
  return trials.toSorted((a, b) => cost(a) - cost(b) || a.number - b.number);
}

/** The whole file. */
export function searchPage(report: SearchReport): Html {
  const { space, objective, trials, data, randomTrials } = report;
  const best = bestTrial(trials, objective);
  const names = [...space.keys()];
  const failed = trials.filter(({ result }) => result?.failed != null).length;
  const rows = byValue(trials, objective).map((trial) => [
    String(trial.number),
    { text: trial.result?.failed ?? figureText(valueOf(trial)), kind: "value" as const },
    ...names.map((name) => trial.settings[name] ?? ""),
    `${Math.round(trial.result?.seconds ?? 0)} s`,
  ]);
  const searched = [...space].map(([name, range]) => [name, rangeText(range), best?.settings[name] ?? "–"]);
  const progress = lineChart({
    xLabel: "trial",
    yLabel: objective,
    series: [
      { name: "best so far", points: bestSoFar(trials, objective) },
      {
        name: "each trial",
        points: trials.map((trial) => [trial.number, valueOf(trial)] as const),
        dashed: true,
      },
    ],
    ...(trials.length > randomTrials ? { mark: { x: randomTrials, label: "at random until here" } } : {}),
  });
  const found = best
    ? `Best: trial ${best.number}, ${objective} ${figureText(valueOf(best))}.`
    : "No trial worked.";
  return htmlPage({
    title: "Hyperparameter search",
    subtitle: `${data}. ${found}`,
    sections: [
      {
        heading: "The search",
        text:
          `${trials.length} trials${failed > 0 ? `, ${failed} of them failed` : ""}. The best value of many trials on the same ` +
          "validation pictures is too good: judge the best model on others.",
        parts: [part(objective, progress), part("Settings", plainTable(["", "searched", "best"], searched))],
      },
      {
        heading: "Each setting",
        parts: [...space].map(([name, range]) => settingChart(name, range, report, best)),
      },
      {
        heading: "All trials",
        parts: [
          part(
            "",
            plainTable(["trial", objective, ...names, "time"], rows, (i) => i === 0 && best !== null),
            {
              wide: true,
            },
          ),
        ],
      },
    ],
  });
}
