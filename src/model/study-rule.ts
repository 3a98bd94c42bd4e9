/**
 * @file From the model's word on slices to its word on the study.
 *
 * A bleed is a body of blood: it shows on neighbouring slices, or strongly on one. A bright speck (calcium, a vessel
 * end-on, a streak) shows weakly on one. So each slice's log-odds are averaged with its neighbours' over `spanMm`
 * along the patient, weighed by how many millimetres of that span each slice fills, and the study is as suspicious as
 * its most suspicious place. Averaging log-odds (a product of experts: Hinton 2002) asks for agreement: a neighbour
 * that firmly says no outweighs a doubtful yes. Pure.
 */
import { logOdds, sigmoid } from "./log-odds.ts";

/** How far and how strongly slices vouch for each other. Stands in `model.json` as `studyRule`. */
export interface StudyRule {
  /** Length along the patient over which slices are averaged; a slice counts by its overlap with it. */
  readonly spanMm: number;
  /** Log-odds beyond ± this are taken as this, so that one slice cannot outvote all others. */
  readonly largestLogit: number;
}

export const DEFAULT_STUDY_RULE: StudyRule = { spanMm: 10, largestLogit: 5 };

/** What the rule needs of a slice. */
export interface ScoredSlice {
  readonly positionMm: number;
  /** null when unknown: the distance to its nearest neighbour is taken, or `spanMm` when it is alone. */
  readonly thicknessMm: number | null;
  /** 0…1. */
  readonly probability: number;
}

export interface StudyVerdict {
  /** 0…1: the largest agreed probability; 0 for a study without slices. */
  readonly probability: number;
  readonly flagged: boolean;
  /** Index of the slice with the largest agreed probability; -1 for a study without slices. */
  readonly peakSliceIndex: number;
  /** Indices of the slices whose agreed probability reaches the threshold, in the order given. */
  readonly suspiciousSliceIndices: readonly number[];
}

/**
 * The rule in `model.json`, with the default for what it does not say.
 *
 * @throws RangeError when a length is not positive.
 */
export function parseStudyRule(record: Readonly<Record<string, number>> | null): StudyRule {
  const rule = { ...DEFAULT_STUDY_RULE, ...record };
  for (const key of ["spanMm", "largestLogit"] as const)
    if (!(rule[key] > 0)) throw new RangeError(`study rule: expected ${key} above 0, got ${rule[key]}`);
  return { spanMm: rule.spanMm, largestLogit: rule.largestLogit };
}

const clamp = (value: number, most: number): number => Math.max(-most, Math.min(most, value));

/** How much of the patient each slice stands for, in mm. */
function extentsMm(slices: readonly ScoredSlice[], aloneMm: number): number[] {
  return slices.map(({ positionMm, thicknessMm }, index) => {
    if (thicknessMm !== null && thicknessMm > 0) return thicknessMm;
    const distances = slices
      .filter((_, other) => other !== index)
      .map((other) => Math.abs(other.positionMm - positionMm))
      .filter((mm) => mm > 0);
    return distances.length === 0 ? aloneMm : Math.min(...distances);
  });
}

/** Each slice's probability once its neighbours have been heard. Same order as `slices`. */
export function agreedProbabilities(slices: readonly ScoredSlice[], rule: StudyRule): number[] {
  const extents = extentsMm(slices, rule.spanMm);
  const logits = slices.map(({ probability }) => clamp(logOdds(probability), rule.largestLogit));
  return slices.map(({ positionMm: centreMm }, centre) => {
    let [sum, weight] = [0, 0];
    slices.forEach(({ positionMm }, index) => {
      const extentMm = extents[index] ?? 0;
      const upper = Math.min(positionMm + extentMm / 2, centreMm + rule.spanMm / 2);
      const lower = Math.max(positionMm - extentMm / 2, centreMm - rule.spanMm / 2);
      const overlapMm = Math.max(0, upper - lower);
      sum += overlapMm * (logits[index] ?? 0);
      weight += overlapMm;
    });
    return sigmoid(weight > 0 ? sum / weight : (logits[centre] ?? 0));
  });
}

/** The study's verdict at a threshold. The slices may come in any order. */
export function findStudy(slices: readonly ScoredSlice[], rule: StudyRule, threshold: number): StudyVerdict {
  const agreed = agreedProbabilities(slices, rule);
  const probability = agreed.reduce((largest, p) => Math.max(largest, p), 0);
  return {
    probability,
    flagged: slices.length > 0 && probability >= threshold,
    peakSliceIndex: slices.length === 0 ? -1 : agreed.indexOf(probability),
    suspiciousSliceIndices: agreed.flatMap((p, index) => (p >= threshold ? [index] : [])),
  };
}
