/**
 * @file How good a model is on data with known classes, with 95 % intervals.
 */
import { readFile } from "node:fs/promises";

import type { Skipped } from "../domain/study.ts";
import type { Classifier } from "./classifier.ts";
import { figuresOf } from "./figures.ts";
import type { FigureName, Figures } from "./figures.ts";
import type { JudgedCase, JudgedSet } from "./judged.ts";
import { readPicture } from "./picture-file.ts";
import type { ImageFolder } from "./train/image-folder.ts";

/** Judged cases; what could not be judged; no threshold yet. */
export interface Judged extends Omit<JudgedSet, "threshold"> {
  readonly skipped: readonly Skipped[];
}

/** Of more than two classes: each against all others. */
export interface ClassFigures {
  readonly label: string;
  readonly figures: Figures;
}

export interface Evaluation extends Figures {
  readonly unit: string;
  readonly cases: number;
  readonly positives: number;
  /** Patients: groups of cases that are drawn together. */
  readonly groups: number;
  readonly threshold: number;
  /** Empty with two classes. */
  readonly classes: readonly ClassFigures[];
  /** Plain means over the classes; null with two classes, or for what a class has not. */
  readonly macro: Readonly<Partial<Record<FigureName, number>>> | null;
}

/** Figures of which the mean over classes says something: they have no threshold. */
const MACRO: readonly FigureName[] = ["auc", "averagePrecision", "logLoss", "brier", "ece"];

function macroOf(classes: readonly ClassFigures[]): Partial<Record<FigureName, number>> {
  const means: Partial<Record<FigureName, number>> = {};
  for (const name of MACRO) {
    const values = classes.flatMap(({ figures }) => figures[name]?.value ?? []);
    if (values.length === classes.length) means[name] = values.reduce((a, b) => a + b, 0) / values.length;
  }
  return means;
}

/** The figures of judged cases at a threshold. */
export function summariseCases(judged: Omit<JudgedSet, "threshold">, threshold: number): Evaluation {
  const set: JudgedSet = { ...judged, threshold };
  const { unit, labels, positive, cases } = set;
  const own = figuresOf(set);
  const classes =
    labels.length === 2
      ? []
      : labels.map((label, i) => ({ label, figures: i === positive ? own : figuresOf(set, i) }));
  return {
    unit,
    cases: cases.length,
    positives: cases.filter(({ classIndex }) => classIndex === positive).length,
    groups: new Set(cases.map(({ group }) => group)).size,
    threshold,
    ...own,
    classes,
    macro: classes.length === 0 ? null : macroOf(classes),
  };
}

/** From the data's classes to those that are judged. */
export interface ClassMapping {
  readonly labels: readonly string[];
  readonly positive: number;
  /** The judged class of a class of the data. */
  readonly classOf: (dataClass: number) => number;
  /** Probabilities of the judged classes from those of the model's. */
  readonly probabilitiesOf: (probabilities: readonly number[]) => readonly number[];
}

/**
 * Where the model knows every class of the data, each is judged; otherwise its positive class against all others.
 * @throws RangeError when no class of the data is the model's positive one
 */
export function mapClasses(
  dataLabels: readonly string[],
  { labels, spec }: Pick<Classifier, "labels" | "spec">,
): ClassMapping {
  const { positive } = spec;
  const dataPositive = dataLabels.indexOf(positive);
  if (dataPositive < 0) {
    throw new RangeError(`the model finds "${positive}"; the data has the classes ${dataLabels.join(", ")}`);
  }
  const own = labels.indexOf(positive);
  if (dataLabels.every((label) => labels.includes(label))) {
    return {
      labels,
      positive: own,
      classOf: (dataClass) => labels.indexOf(dataLabels[dataClass] ?? ""),
      probabilitiesOf: (probabilities) => probabilities,
    };
  }
  const other = labels.length === 2 ? (labels[1 - own] ?? "") : `not ${positive}`;
  return {
    labels: [other, positive],
    positive: 1,
    classOf: (dataClass) => (dataClass === dataPositive ? 1 : 0),
    probabilitiesOf: (probabilities) => [1 - (probabilities[own] ?? 0), probabilities[own] ?? 0],
  };
}

/**
 * Judge pictures with known classes. One that cannot be read is passed over and named.
 * @throws RangeError when no class of the data is the model's positive one
 */
export async function judgePictures(
  classifier: Classifier,
  { labels, images }: ImageFolder,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Judged> {
  const mapping = mapClasses(labels, classifier);
  const cases: JudgedCase[] = [];
  const skipped: Skipped[] = [];
  for (const [index, { file, classIndex, group }] of images.entries()) {
    try {
      const picture = await readPicture(await readFile(file), classifier.spec.input.size, file);
      const [result] = await classifier.classifyRgb([picture]);
      const probabilities = mapping.probabilitiesOf(result?.probabilities ?? []);
      cases.push({ file, group, classIndex: mapping.classOf(classIndex), probabilities });
    } catch (error) {
      skipped.push({ file, reason: error instanceof Error ? error.message : String(error) });
    }
    onProgress(index + 1, images.length);
  }
  return { unit: "pictures", labels: mapping.labels, positive: mapping.positive, cases, skipped };
}
