import { describe, expect, it } from "vitest";

import { planSplits, SPLITS } from "./split-plan.ts";
import type { PlannedImage, Split } from "./split-plan.ts";

const PARTS = { train: 0.8, validation: 0.1, test: 0.1 };

/** 1,000 patients of ten images; every fifth has a bleed on three of them. */
const IMAGES: readonly PlannedImage[] = Array.from({ length: 10_000 }, (_, i) => {
  const patient = Math.floor(i / 10);
  return {
    patient: `patient ${patient}`,
    study: `study ${patient}`,
    classIndex: patient % 5 === 0 && i % 10 < 3 ? 1 : 0,
  };
});

function patientsBySplit(images: readonly PlannedImage[], seed: number): Map<string, Set<Split>> {
  const plan = planSplits(images, PARTS, seed);
  const result = new Map<string, Set<Split>>();
  for (const { patient } of images)
    result.set(patient, (result.get(patient) ?? new Set()).add(plan.splitOf(patient)));
  return result;
}

describe("planSplits", () => {
  it("cuts each stratum at the wanted parts, to the patient", () => {
    const splits = patientsBySplit(IMAGES, 7);
    const count = (split: Split, bleeding: boolean): number =>
      [...splits].filter(
        ([patient, of]) => of.has(split) && (Number(patient.slice(8)) % 5 === 0) === bleeding,
      ).length;
    expect(SPLITS.map((split) => count(split, true))).toEqual([160, 20, 20]);
    expect(SPLITS.map((split) => count(split, false))).toEqual([640, 80, 80]);
  });

  it("depends on the seed, and not on the order of the images", () => {
    const backwards = patientsBySplit(IMAGES.toReversed(), 7);
    const forwards = patientsBySplit(IMAGES, 7);
    for (const [patient, splits] of forwards) expect(backwards.get(patient)).toEqual(splits);
    const other = patientsBySplit(IMAGES, 8);
    expect(other).not.toEqual(forwards);
  });

  it("keeps a study of two patients, and all they have, on one side", () => {
    const joined = Array.from({ length: 200 }, (_, i): PlannedImage[] => [
      { patient: `a${i}`, study: `one ${i}`, classIndex: 0 },
      { patient: `b${i}`, study: `one ${i}`, classIndex: 1 },
      { patient: `b${i}`, study: `two ${i}`, classIndex: 0 },
      { patient: `c${i}`, study: `two ${i}`, classIndex: 0 },
    ]).flat();
    const plan = planSplits(joined, PARTS, 1);
    expect(plan.groups).toBe(200);
    for (let i = 0; i < 200; i++)
      expect(new Set([`a${i}`, `b${i}`, `c${i}`].map((patient) => plan.splitOf(patient))).size).toBe(1);
  });

  it("refuses a patient that it does not know", () => {
    expect(() => planSplits(IMAGES, PARTS, 1).splitOf("somebody")).toThrow(RangeError);
  });
});
