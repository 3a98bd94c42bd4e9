/**
 * @file The default model's threshold, chosen on studies that are not the test: PHE-SICH patients by the heads that
 * have not seen them, the parts of those exams that lie away from the bleed, and held-out phantoms.
 */
import { basename } from "node:path";

import { logOdds, sigmoid } from "../../src/model/log-odds.ts";
import { findStudy } from "../../src/model/study-rule.ts";
import type { ScoredSlice, StudyRule } from "../../src/model/study-rule.ts";

/** A slice of PHE-SICH, and what a network that has not seen its patient says of it. */
export interface JudgedSlice {
  readonly file: string;
  readonly group: string;
  readonly positive: boolean;
  readonly probability: number;
}

/** A study (or a part of one) with its truth and the slices' probabilities. */
export interface ChoiceStudy {
  readonly name: string;
  readonly group: "PHE-SICH" | "phantom";
  /** The kind of bleed, or "none". */
  readonly kind: string;
  readonly bleeding: boolean;
  readonly slices: readonly ScoredSlice[];
}

/** PHE-SICH's slices are 5 mm apart. */
const PHE_SLICE_MM = 5;
/** Slices this near to one that bleeds belong to the bleed, whatever their label. */
const NEAR_SLICES = 3;
/** A part of an exam with fewer slices is no exam. */
const LEAST_SLICES = 6;

/** Whole PHE-SICH exams, which all bleed, and the stretches of them that do not. */
export function pheSichStudies(pictures: readonly Omit<JudgedSlice, "group">[]): ChoiceStudy[] {
  const patients = new Map<string, { number: number; positive: boolean; probability: number }[]>();
  for (const { file, positive, probability } of pictures) {
    const [, patient = "", number = ""] = /^phe([^_]*)_(\d+)-/.exec(basename(file)) ?? [];
    const slices = patients.get(patient) ?? [];
    slices.push({ number: Number(number), positive, probability });
    patients.set(patient, slices);
  }
  return [...patients].flatMap(([patient, unordered]) => {
    const slices = unordered.toSorted((a, b) => a.number - b.number);
    const scored = slices.map(({ number, probability }) => ({
      positionMm: PHE_SLICE_MM * number,
      thicknessMm: PHE_SLICE_MM,
      probability,
    }));
    const bleeding = slices.flatMap(({ positive }, i) => (positive ? [i] : []));
    const first = bleeding[0];
    const last = bleeding.at(-1);
    if (first === undefined || last === undefined) return [];
    const study = (name: string, bleeds: boolean, part: readonly ScoredSlice[]): ChoiceStudy => ({
      name: `${patient} ${name}`,
      group: "PHE-SICH",
      kind: bleeds ? "intraparenchymal" : "none",
      bleeding: bleeds,
      slices: part,
    });
    const below = scored.slice(0, Math.max(0, first - NEAR_SLICES + 1));
    const above = scored.slice(last + NEAR_SLICES);
    return [
      study("exam", true, scored),
      ...(below.length >= LEAST_SLICES ? [study("below the bleed", false, below)] : []),
      ...(above.length >= LEAST_SLICES ? [study("above the bleed", false, above)] : []),
    ];
  });
}

export interface Choice {
  readonly threshold: number;
  /** Shares of studies judged rightly at the threshold, a group and truth each. */
  readonly right: readonly { readonly of: string; readonly right: number; readonly count: number }[];
}

/** The upper end of the last stretch of thresholds. */
const ALMOST_CERTAIN = 1 - 1e-6;

/**
 * Of the thresholds that flag no study without a bleed, the one with the largest sum of four shares (bleeding and not,
 * PHE-SICH and phantoms); of several, the middle in log-odds of the widest stretch. Real scanners differ more than the
 * studies at hand, and a list that cries wolf is not read: so false alarms come first.
 */
export function chooseThreshold(studies: readonly ChoiceStudy[], rule: StudyRule): Choice {
  const judged = studies.map((study) => ({
    ...study,
    probability: findStudy(study.slices, rule, 0.5).probability,
  }));
  const sets = (["PHE-SICH", "phantom"] as const).flatMap((group) =>
    [true, false].map((bleeding) => ({
      of: `${group}, ${bleeding ? "bleeding" : "not bleeding"}`,
      bleeding,
      members: judged.filter((study) => study.group === group && study.bleeding === bleeding),
    })),
  );
  const rightAt = (threshold: number) =>
    sets.map(({ of, bleeding, members }) => ({
      of,
      right: members.filter(({ probability }) => probability >= threshold === bleeding).length,
      count: members.length,
    }));
  const goodness = (threshold: number): number =>
    rightAt(threshold).reduce((sum, { right, count }) => sum + right / Math.max(1, count), 0);
  const highestClear = Math.max(
    0,
    ...judged.filter(({ bleeding }) => !bleeding).map(({ probability }) => probability),
  );
  const cuts = [...new Set([...judged.map(({ probability }) => probability), ALMOST_CERTAIN])]
    .filter((probability) => probability >= highestClear)
    .sort((a, b) => a - b);
  let best = { goodness: -1, width: -1, threshold: 0.5 };
  cuts.slice(1).forEach((upper, i) => {
    const [from, to] = [logOdds(cuts[i] ?? 0), logOdds(upper)];
    const threshold = sigmoid((from + to) / 2);
    const candidate = { goodness: goodness(threshold), width: to - from, threshold };
    const better = candidate.goodness > best.goodness + 1e-9;
    const wider = Math.abs(candidate.goodness - best.goodness) <= 1e-9 && candidate.width > best.width;
    if (better || wider) best = candidate;
  });
  return { threshold: best.threshold, right: rightAt(best.threshold) };
}

/** Studies with every slice's log-odds lowered by `by`. */
function lowered(studies: readonly ChoiceStudy[], by: number): ChoiceStudy[] {
  return studies.map((study) => ({
    ...study,
    slices: study.slices.map((slice) => ({
      ...slice,
      probability: sigmoid(logOdds(slice.probability) - by),
    })),
  }));
}

/** So near to one half is at one half, in log-odds. */
const AT_HALF = 1e-6;
const MOST_ROUNDS = 50;

/**
 * By how much every slice's log-odds must be lowered for the chosen threshold to lie at one half. The study's rule limits
 * each slice's log-odds, so lowering them changes the choice, and it is made again until it stays.
 *
 * @returns the last choice; its threshold is not one half where no such place was found
 */
export function lowerToHalf(
  studies: readonly ChoiceStudy[],
  rule: StudyRule,
): { readonly choice: Choice; readonly loweredBy: number } {
  let loweredBy = 0;
  let choice = chooseThreshold(studies, rule);
  for (let round = 0; round < MOST_ROUNDS && Math.abs(logOdds(choice.threshold)) > AT_HALF; round++) {
    loweredBy += logOdds(choice.threshold);
    choice = chooseThreshold(lowered(studies, loweredBy), rule);
  }
  return { choice, loweredBy };
}
