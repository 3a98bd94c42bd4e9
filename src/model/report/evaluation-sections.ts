/**
 * @file What a report says of judged cases: figures, curves, calibration, confusion, worst mistakes. The reports of
 * training and of evaluation are this.
 */
import { BOOTSTRAP_SEED, FIGURES, figuresOf, scoredFor } from "../figures.ts";
import type { FigureName, Figures } from "../figures.ts";
import { calledClass } from "../judged.ts";
import type { JudgedCase, JudgedSet } from "../judged.ts";
import { reliabilityBins } from "../metrics-calibration.ts";
import { curvesOf } from "../metrics-curves.ts";
import type { CurvePoint } from "../metrics-curves.ts";
import { sortCases } from "../metrics-weighted.ts";
import { seededRandom } from "../train/random.ts";
import { calibrationChart } from "./calibration-chart.ts";
import { prChart, rocChart } from "./curve-chart.ts";
import type { NamedCurve } from "./curve-chart.ts";
import { figureText } from "./html.ts";
import type { Html } from "./html.ts";
import { part } from "./page.ts";
import type { Section } from "./page.ts";
import { pictureGrid } from "./picture-grid.ts";
import type { CaptionedPicture } from "./picture-grid.ts";
import { confusionTable, figureTable, intervalText, plainTable } from "./tables.ts";
import type { FigureRow } from "./tables.ts";

/** Worst mistakes that are shown. */
const MISTAKES = 12;

export interface SectionOptions {
  /** Of the first section: "Slices", "Held-out patients". */
  readonly heading: string;
  /** What the cases are, in a sentence. */
  readonly text?: string;
  /** A case's picture, as `data:image/…`; null where it has none. Without, mistakes are only listed. */
  readonly picture?: (judged: JudgedCase) => Promise<string | null>;
  /** Computed before, where they were. */
  readonly figures?: Figures;
}

/** A class against all others, with all that is drawn of it. */
interface ClassCurves {
  readonly label: string;
  readonly figures: Figures;
  readonly curves: ReturnType<typeof curvesOf>;
}

function curvesOfClass(set: JudgedSet, classIndex: number, figures: Figures): ClassCurves | null {
  if (!figures.auc) return null;
  const { scores, positive } = scoredFor(set, classIndex);
  const groups = set.cases.map(({ group }) => group);
  const curves = curvesOf(scores, positive, groups, seededRandom(BOOTSTRAP_SEED));
  return { label: set.labels[classIndex] ?? "", figures, curves };
}

/** The rows of `figureTable`. */
export function figureRows(figures: Figures): FigureRow[] {
  return Object.entries(FIGURES).map(([key, name]) => {
    const figure = figures[key as FigureName];
    if (!figure) return { name, value: null, interval: null, method: "" };
    const isClosed = figure.method !== "patients drawn again";
    const { value, interval, method } = figure;
    return { name, value, interval, method, ...(isClosed ? { byPatient: figure.byPatient } : {}) };
  });
}

function noteOf(name: string, figures: Figures, key: FigureName): string {
  const figure = figures[key];
  return figure
    ? `${name} ${figureText(figure.value)} (${intervalText(figure.byPatient ?? figure.interval)})`
    : "";
}

function curveParts(classes: readonly ClassCurves[], set: JudgedSet): Html[] {
  if (classes.length === 0) return [];
  const isBinary = classes.length === 1;
  const markAt = (point: CurvePoint | null): Pick<NamedCurve, "mark"> =>
    isBinary && point ? { mark: { point, label: `threshold ${figureText(set.threshold)}` } } : {};
  const roc = classes.map(({ label, figures, curves }): NamedCurve => {
    const { sensitivity, specificity } = figures;
    const place = sensitivity && specificity ? ([1 - specificity.value, sensitivity.value] as const) : null;
    return { name: label, ...curves.roc, note: noteOf("AUC", figures, "auc"), ...markAt(place) };
  });
  const pr = classes.map(({ label, figures, curves }): NamedCurve => {
    const { sensitivity, ppv } = figures;
    const place = sensitivity && ppv ? ([sensitivity.value, ppv.value] as const) : null;
    const note = noteOf("average precision", figures, "averagePrecision");
    return { name: label, ...curves.pr, note, ...markAt(place) };
  });
  const prevalence = isBinary ? (classes[0]?.curves.prevalence ?? null) : null;
  return [part("ROC curve", rocChart(roc)), part("Precision and recall", prChart(pr, prevalence))];
}

/** `[true class][called class]`. */
export function confusionCounts(set: JudgedSet): number[][] {
  const counts = set.labels.map(() => set.labels.map(() => 0));
  for (const judged of set.cases) {
    const row = counts[judged.classIndex];
    const called = calledClass(set, judged);
    if (row) row[called] = (row[called] ?? 0) + 1;
  }
  return counts;
}

/** Cases that were called wrongly, those with the least probability for what they are first. */
export function worstMistakes(set: JudgedSet, most = MISTAKES): JudgedCase[] {
  const given = ({ probabilities, classIndex }: JudgedCase): number => probabilities[classIndex] ?? 0;
  return set.cases
    .filter((judged) => calledClass(set, judged) !== judged.classIndex)
    .toSorted((a, b) => given(a) - given(b))
    .slice(0, most);
}

async function mistakesPart(set: JudgedSet, picture: SectionOptions["picture"]): Promise<Html> {
  const said = (judged: JudgedCase) => ({
    caption: `${set.labels[judged.classIndex] ?? ""}, called ${set.labels[calledClass(set, judged)] ?? ""}`,
    note: `${figureText(judged.probabilities[set.positive] ?? 0)} · ${fileName(judged.file)}`,
  });
  const mistakes = worstMistakes(set);
  const pictures: CaptionedPicture[] = [];
  const rows: string[][] = [];
  for (const judged of mistakes) {
    const { caption, note } = said(judged);
    const dataUri = (await picture?.(judged)) ?? null;
    if (dataUri === null) rows.push([caption, note]);
    else pictures.push({ dataUri, caption, note });
  }
  if (mistakes.length === 0)
    return part("Worst mistakes", "<p>None: every case was called rightly.</p>", { wide: true });
  const grid = pictures.length > 0 ? pictureGrid(pictures) : "";
  const positive = set.labels[set.positive] ?? "";
  const list = rows.length > 0 ? plainTable(["case", `probability of ${positive}`], rows) : "";
  return part(`Worst mistakes, with the probability of ${positive}`, grid + list, { wide: true });
}

/** The last two parts of a path: enough to find it, short enough to print. */
const fileName = (file: string): string => file.split("/").slice(-2).join("/");

/** The sections of judged cases. With more than two classes, each class is shown against all others. */
export async function evaluationSections(set: JudgedSet, options: SectionOptions): Promise<Section[]> {
  const { labels, positive, cases } = set;
  const own = options.figures ?? figuresOf(set);
  const indices = labels.length === 2 ? [positive] : labels.map((_, i) => i);
  const each = indices.map((i) => ({ index: i, figures: i === positive ? own : figuresOf(set, i) }));
  const classes = each.flatMap(({ index, figures }) => curvesOfClass(set, index, figures) ?? []);
  const positives = cases.filter(({ classIndex }) => classIndex === positive).length;
  const patients = new Set(cases.map(({ group }) => group)).size;
  const counts = `${cases.length} ${set.unit} of ${patients} patients, ${positives} of them ${labels[positive] ?? ""}.`;
  const tables = each
    .filter(({ index }) => index === positive)
    .map(({ figures }) =>
      part(
        `${labels[positive] ?? ""} at threshold ${figureText(set.threshold)}`,
        figureTable(figureRows(figures)),
        {
          wide: true,
        },
      ),
    );
  const { scores, positive: truth } = scoredFor(set, positive);
  const bins = reliabilityBins(sortCases(scores, truth));
  return [
    {
      heading: options.heading,
      text: options.text === undefined ? counts : `${counts} ${options.text}`,
      parts: [...tables, ...(labels.length > 2 ? [perClassPart(set, each)] : [])],
    },
    {
      heading: `${options.heading}: curves`,
      text: "Bands and intervals: 95 %, patients drawn again.",
      parts: [
        ...curveParts(classes, set),
        part("Calibration", calibrationChart(bins)),
        part("Confusion", confusionTable(labels, confusionCounts(set))),
      ],
    },
    { heading: `${options.heading}: mistakes`, parts: [await mistakesPart(set, options.picture)] },
  ];
}

/** Of more than two classes: each against all others, and the plain mean of them. */
function perClassPart(set: JudgedSet, each: readonly { index: number; figures: Figures }[]): Html {
  const shown: readonly FigureName[] = ["auc", "averagePrecision", "brier", "ece"];
  const text = (figures: Figures, name: FigureName): string => {
    const figure = figures[name];
    return figure ? `${figureText(figure.value)} (${intervalText(figure.interval)})` : "–";
  };
  const mean = (name: FigureName): string => {
    const values = each.flatMap(({ figures }) => figures[name]?.value ?? []);
    return values.length === each.length
      ? figureText(values.reduce((a, b) => a + b, 0) / values.length)
      : "–";
  };
  const rows = each.map(({ index, figures }) => [
    set.labels[index] ?? "",
    ...shown.map((name) => text(figures, name)),
  ]);
  const table = plainTable(
    ["", ...shown.map((name) => FIGURES[name])],
    [...rows, ["mean of the classes", ...shown.map(mean)]],
  );
  return part("Each class against all others", table, { wide: true });
}
