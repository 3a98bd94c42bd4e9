/**
 * @file Cases with known classes, and what a model says of them.
 */

/** A case: its true class, and the probability of each class. */
export interface JudgedCase {
  readonly file: string;
  /** The patient: cases of one group are drawn together. */
  readonly group: string;
  readonly classIndex: number;
  /** One a class, in the order of the labels. */
  readonly probabilities: readonly number[];
}

export interface JudgedSet {
  /** What a case is, in the plural: "slices", "studies", "pictures". */
  readonly unit: string;
  readonly labels: readonly string[];
  /** Index of the class that the threshold is about. */
  readonly positive: number;
  /** A probability of the positive class at or above it is called. */
  readonly threshold: number;
  readonly cases: readonly JudgedCase[];
}

/** The class with the largest probability. */
export function predictedClass({ probabilities }: JudgedCase): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

/** The class a case is called: of two, by the threshold; of more, the most probable. */
export function calledClass(set: JudgedSet, judged: JudgedCase): number {
  if (set.labels.length !== 2) return predictedClass(judged);
  const isCalled = (judged.probabilities[set.positive] ?? 0) >= set.threshold;
  return isCalled ? set.positive : 1 - set.positive;
}
