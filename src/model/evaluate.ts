/**
 * @file How good a model is on data with known classes, with 95 % intervals.
 */
import { readFile } from "node:fs/promises";

import type { Classifier } from "./classifier.ts";
import { auc, aucDeLong, bootstrapByGroup, operatingPoint } from "./metrics.ts";
import type { Estimate } from "./metrics.ts";
import { readPicture } from "./picture-file.ts";
import type { ImageFolder } from "./train/image-folder.ts";
import { seededRandom } from "./train/random.ts";

/** A case with its true class and the probability of the model's positive class. */
export interface JudgedCase {
  readonly file: string;
  readonly group: string;
  readonly positive: boolean;
  readonly probability: number;
}

export interface Evaluation {
  readonly cases: number;
  readonly positives: number;
  /** Patients: groups of cases that are drawn together. */
  readonly groups: number;
  /** DeLong; null when there are none of one kind. */
  readonly auc: Estimate | null;
  /** The interval of the AUC when patients are drawn again. */
  readonly aucIntervalByPatient: readonly [number, number] | null;
  readonly threshold: number;
  readonly sensitivity: Estimate | null;
  readonly specificity: Estimate | null;
}

/** Seed of the bootstrap: the same data, the same interval. */
const BOOTSTRAP_SEED = 1;

/** The figures of judged cases. */
export function summariseCases(cases: readonly JudgedCase[], threshold: number): Evaluation {
  const scored = {
    scores: cases.map(({ probability }) => probability),
    positive: cases.map(({ positive }) => positive),
  };
  const positives = scored.positive.filter(Boolean).length;
  const hasBoth = positives > 0 && positives < cases.length;
  const groups = cases.map(({ group }) => group);
  const pick = (indices: readonly number[]) => ({
    scores: indices.map((i) => scored.scores[i] ?? 0),
    positive: indices.map((i) => scored.positive[i] === true),
  });
  return {
    cases: cases.length,
    positives,
    groups: new Set(groups).size,
    auc: hasBoth ? aucDeLong(scored) : null,
    aucIntervalByPatient: hasBoth
      ? bootstrapByGroup(groups, (indices) => auc(pick(indices)), seededRandom(BOOTSTRAP_SEED))
      : null,
    threshold,
    ...operatingPoint(scored, threshold),
  };
}

/**
 * Judge the pictures of class folders. A folder named like the model's positive class is positive; all others are
 * negative.
 * @throws RangeError when no folder is named like the positive class; UnreadablePicture for a damaged picture
 */
export async function judgePictures(
  classifier: Classifier,
  { labels, images }: ImageFolder,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<JudgedCase[]> {
  const { positive, input } = classifier.spec;
  const positiveIndex = labels.indexOf(positive);
  if (positiveIndex < 0) {
    throw new RangeError(`the model finds "${positive}"; the data has the classes ${labels.join(", ")}`);
  }
  const cases: JudgedCase[] = [];
  for (const { file, classIndex, group } of images) {
    const picture = await readPicture(await readFile(file), input.size, file);
    const [result] = await classifier.classifyRgb([picture]);
    const probability = result?.probability ?? 0;
    cases.push({ file, group, positive: classIndex === positiveIndex, probability });
    onProgress(cases.length, images.length);
  }
  return cases;
}
