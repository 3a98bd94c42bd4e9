/**
 * @file What `firstread evaluate` says: figures of each level as JSON, as text.
 */
import { FIGURES } from "../../model/figures.ts";
import type { Figure, FigureName } from "../../model/figures.ts";
import { summariseCases } from "../../model/evaluate.ts";
import type { Evaluation } from "../../model/evaluate.ts";
import { challengeLogLoss } from "../../model/evaluation/challenge-loss.ts";
import { describeLabels } from "../../model/evaluation/known-class.ts";
import type { Estimate } from "../../model/metrics.ts";
import type { JudgedData, JudgedLevel } from "./judge-data.ts";

/** The levels that were judged, with their figures. */
export interface EvaluatedLevel {
  readonly level: JudgedLevel;
  readonly evaluation: Evaluation;
}

export interface Result {
  /** Pictures or slices first, then studies; at least one. */
  readonly levels: readonly EvaluatedLevel[];
  /** null where no table has the challenge's findings. */
  readonly weightedLogLoss: Estimate | null;
}

/** @throws RangeError when nothing was judged */
export function resultOf(judged: JudgedData, threshold: number, data: string): Result {
  const levels = [judged.images, judged.studies].filter((level) => level !== null);
  if (levels.every(({ cases }) => cases.length === 0)) {
    const [first] = judged.skipped;
    const why = first ? `; ${judged.skipped.length} skipped, first ${first.file}: ${first.reason}` : "";
    throw new RangeError(`${data}: no case with a known class could be judged${why}`);
  }
  return {
    levels: levels.map((level) => ({ level, evaluation: summariseCases(level, threshold) })),
    weightedLogLoss: challengeLogLoss(judged.findings),
  };
}

const digits = (value: number): string => value.toFixed(3);
const range = ([lower, upper]: readonly [number, number]): string => `${digits(lower)} to ${digits(upper)}`;

function figureLine(name: string, figure: Figure | null): string {
  if (!figure) return `  ${name.padEnd(26)} not defined`;
  const { value, interval, method, byPatient } = figure;
  const own = interval ? `${range(interval)}, ${method}` : "no interval";
  const more = byPatient && method !== "patients drawn again" ? `; ${range(byPatient)} by patient` : "";
  return `  ${name.padEnd(26)} ${digits(value).padStart(7)}  (${own}${more})`;
}

function levelLines({ evaluation }: EvaluatedLevel): string[] {
  const { unit, cases, groups, positives, threshold, classes, macro } = evaluation;
  const figures = Object.entries(FIGURES).map(([key, name]) =>
    figureLine(name, evaluation[key as FigureName]),
  );
  const perClass = classes.map(({ label, figures: own }) => figureLine(`AUC of ${label}`, own.auc));
  const mean =
    macro?.auc === undefined
      ? []
      : [`  ${"AUC, mean of the classes".padEnd(26)} ${digits(macro.auc).padStart(7)}`];
  const counts = `${cases} ${unit} of ${groups} patients, ${positives} positive; threshold ${digits(threshold)}`;
  return [counts, ...figures, ...perClass, ...mean];
}

/** The figures in lines; intervals are of 95 %. */
export function textOf({ levels, weightedLogLoss }: Result, judged: JudgedData): string[] {
  const loss = weightedLogLoss
    ? [
        `weighted log-loss (RSNA 2019)  ${digits(weightedLogLoss.value)}  (${range(weightedLogLoss.interval)}, patients drawn again)`,
      ]
    : [];
  const studies = judged.studies ? [judged.studyRule] : [];
  const fit = judged.labels ? describeLabels(judged.labels) : [];
  return [...levels.flatMap(levelLines), ...loss, ...studies, ...fit];
}

/** The contract's object, without the model and the data. */
export function jsonOf(
  { levels, weightedLogLoss }: Result,
  judged: JudgedData,
  withCases: boolean,
): Record<string, unknown> {
  const { labels, skipped, notScored, studyRule } = judged;
  const [main, ...others] = levels.map(({ level, evaluation }) => ({
    ...evaluation,
    ...(withCases ? { labels: level.labels, each: level.cases } : {}),
  }));
  const [studies] = others;
  return {
    ...main,
    ...(studies ? { studies } : {}),
    ...(judged.studies ? { studyRule } : {}),
    ...(weightedLogLoss ? { weightedLogLoss } : {}),
    ...(labels ? { table: labels } : {}),
    notScored,
    skipped,
  };
}
