import { describe, expect, it } from "vitest";

import { chooseThreshold, lowerToHalf, pheSichStudies } from "../scripts/default-model/choose-threshold.ts";
import type { ChoiceStudy } from "../scripts/default-model/choose-threshold.ts";

const RULE = { spanMm: 10, largestLogit: 5 };

/** A study of one slice: the study's probability is the slice's. */
const study = (group: ChoiceStudy["group"], bleeding: boolean, probability: number): ChoiceStudy => ({
  name: "",
  group,
  kind: bleeding ? "subdural" : "none",
  bleeding,
  slices: [{ positionMm: 0, thicknessMm: 5, probability }],
});

describe("chooseThreshold", () => {
  it("takes the middle, in log-odds, of the stretch that judges all rightly", () => {
    const { threshold, right } = chooseThreshold(
      [
        study("PHE-SICH", true, 0.9),
        study("PHE-SICH", false, 0.1),
        study("phantom", true, 0.8),
        study("phantom", false, 0.5),
      ],
      RULE,
    );
    expect(threshold).toBeCloseTo(2 / 3, 5); // half-way between log-odds 0 and ln 4: odds of 2
    expect(right.map((set) => `${set.right} of ${set.count}`)).toEqual([
      "1 of 1",
      "1 of 1",
      "1 of 1",
      "1 of 1",
    ]);
  });

  it("flags no study without a bleed, whatever that misses", () => {
    const many = Array.from({ length: 9 }, () => study("phantom", true, 0.4));
    const { threshold, right } = chooseThreshold(
      [...many, study("PHE-SICH", true, 0.9), study("PHE-SICH", false, 0.6), study("phantom", false, 0.3)],
      RULE,
    );
    expect(threshold).toBeCloseTo(0.786, 3); // half-way between log-odds ln 1.5 and ln 9: odds of √13.5
    expect(right.map((set) => `${set.right} of ${set.count}`)).toEqual([
      "1 of 1",
      "1 of 1",
      "0 of 9",
      "1 of 1",
    ]);
  });
});

describe("lowerToHalf", () => {
  const odds = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));
  const exam = (bleeding: boolean, ...logOdds: number[]): ChoiceStudy => ({
    ...study("PHE-SICH", bleeding, 0),
    slices: logOdds.map((x, i) => ({ positionMm: 5 * i, thicknessMm: 5, probability: odds(x) })),
  });

  it("finds how far to lower log-odds for the threshold to be one half, though the rule limits them", () => {
    // Log-odds of 9 count as 5 until they are lowered by 4.
    const logOdds = [
      [true, 9, 9, 9],
      [false, 1, 9, -1],
    ] as const;
    const studies = logOdds.map(([bleeding, ...slices]) => exam(bleeding, ...slices));
    const { choice, loweredBy } = lowerToHalf(studies, RULE);
    expect(choice.threshold).toBeCloseTo(0.5, 6);
    expect(choice.right.map(({ right }) => right)).toEqual([1, 1, 0, 0]);
    const by = (x: number): ChoiceStudy[] =>
      logOdds.map(([bleeding, ...slices]) => exam(bleeding, ...slices.map((slice) => slice - x)));
    expect(chooseThreshold(by(loweredBy), RULE).threshold).toBeCloseTo(0.5, 6);
    // Lowering once by the first choice does not do.
    const { threshold } = chooseThreshold(studies, RULE);
    const once = chooseThreshold(by(Math.log(threshold / (1 - threshold))), RULE);
    expect(Math.abs(once.threshold - 0.5)).toBeGreaterThan(0.05);
  });
});

describe("pheSichStudies", () => {
  it("makes an exam of a patient, and of the stretches well away from the bleed", () => {
    // Slices 0…19, of which 9 and 10 bleed: 0…6 below (7 slices), 13…19 above (7 slices).
    const pictures = Array.from({ length: 20 }, (_, i) => ({
      file: `/x/phe0042_${String(i).padStart(2, "0")}-orig.png`,
      positive: i === 9 || i === 10,
      probability: i / 20,
    }));
    const studies = pheSichStudies(pictures.toReversed());
    expect(studies.map(({ name, bleeding, slices }) => [name, bleeding, slices.length])).toEqual([
      ["0042 exam", true, 20],
      ["0042 below the bleed", false, 7],
      ["0042 above the bleed", false, 7],
    ]);
    expect(studies[1]?.slices.at(-1)).toEqual({ positionMm: 30, thicknessMm: 5, probability: 0.3 });
    expect(studies[2]?.slices[0]).toEqual({ positionMm: 65, thicknessMm: 5, probability: 0.65 });
  });
});
