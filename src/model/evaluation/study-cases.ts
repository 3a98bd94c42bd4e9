/**
 * @file From judged pictures to judged studies, where there are no positions: the study is as suspicious as its most
 * suspicious picture, and positive where one of its pictures is.
 */
import type { JudgedCase, JudgedSet } from "../judged.ts";

/** How a study's probability was made, in words. */
export const LARGEST_PICTURE = "A study's probability is the largest of its pictures'.";

/**
 * The studies of judged pictures, the positive class against all others.
 * @param studyOf the study of a case; the patient by default
 */
export function studyCases(
  { labels, positive, cases }: Pick<JudgedSet, "labels" | "positive" | "cases">,
  studyOf: (judged: JudgedCase) => string = ({ group }) => group,
): Omit<JudgedSet, "threshold"> {
  const studies = Map.groupBy(cases, studyOf);
  const name = labels[positive] ?? "";
  const other = labels.length === 2 ? (labels[1 - positive] ?? "") : `not ${name}`;
  return {
    unit: "studies",
    labels: [other, name],
    positive: 1,
    cases: [...studies].map(([file, own]) => {
      const probability = own.reduce(
        (most, { probabilities }) => Math.max(most, probabilities[positive] ?? 0),
        0,
      );
      const isPositive = own.some(({ classIndex }) => classIndex === positive);
      return {
        file,
        group: own[0]?.group ?? file,
        classIndex: isPositive ? 1 : 0,
        probabilities: [1 - probability, probability],
      };
    }),
  };
}
