/**
 * @file A shift made of real exams with real scores: shuffled, read in both orders, many times over.
 */
import { IS_DISEASED, IS_POSITIVE, drawCases } from "./cases.ts";
import { validateCircumstances } from "./circumstances.ts";
import type { Circumstances } from "./circumstances.ts";
import { validateDepartment } from "./department.ts";
import type { Department } from "./department.ts";
import { permutation, uniformSource } from "./random.ts";
import { operatingPoint } from "./roc.ts";
import type { ScoredCase } from "./roc.ts";
import { CASE_CLASSES, runBoth, waitsOf } from "./simulate.ts";
import type { CaseClass } from "./simulate.ts";
import { meanOf, quantileOf } from "./summary.ts";

/** What one mean comes to over the shuffles. */
export interface Spread {
  readonly meanMin: number;
  /** Between these lie 95 of 100 shuffles. */
  readonly lowMin: number;
  readonly highMin: number;
}

export interface ShiftWaits {
  readonly count: number;
  readonly fifo: Spread;
  readonly policy: Spread;
  /** Policy less first come, first served, shuffle by shuffle. */
  readonly change: Spread;
}

export interface ScoredShiftOptions {
  readonly exams: readonly ScoredCase[];
  readonly threshold: number;
  /** Traffic, radiologists and reading times count; what the exams themselves say is taken from them. */
  readonly department: Department;
  readonly circumstances: Circumstances;
  readonly shuffles: number;
  readonly seed: number;
}

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  return { meanMin: meanOf(sorted), lowMin: quantileOf(sorted, 0.025), highMin: quantileOf(sorted, 0.975) };
}

/** The department with the exams' own prevalence and the threshold's operating point, and nothing that interrupts. */
export function shiftDepartment({ exams, threshold, department }: ScoredShiftOptions): Department {
  const { sensitivity, specificity } = operatingPoint(exams, threshold);
  const prevalence = exams.filter(({ isDiseased }) => isDiseased).length / exams.length;
  return { ...department, interrupting: 0, prevalence, sensitivity, specificity };
}

/**
 * Every shuffle is a shift of its own that begins with an empty list and ends with an empty one.
 *
 * @throws RangeError for a parameter out of range
 */
export function simulateShifts(options: ScoredShiftOptions): Readonly<Record<CaseClass, ShiftWaits>> {
  const { exams, threshold, circumstances, shuffles, seed } = options;
  const department = shiftDepartment(options);
  validateDepartment(department);
  validateCircumstances(circumstances);
  const facts = exams.map(
    ({ probability, isDiseased }) =>
      (isDiseased ? IS_DISEASED : 0) | (probability >= threshold ? IS_POSITIVE : 0),
  );
  const shuffle = uniformSource(seed);
  const runs = Array.from({ length: shuffles }, (_run, i) => {
    const order = permutation(shuffle, exams.length);
    const drawing = { department, circumstances, count: exams.length, seed: seed + 1 + i };
    const cases = drawCases(drawing, (_uniform, at) => facts[order[at] ?? 0] ?? 0);
    return runBoth(cases, department, circumstances);
  });
  const ofClass = (name: CaseClass): ShiftWaits => {
    const means = runs.map((run) => ({
      fifo: meanOf(waitsOf(run.fifoMin, run.facts, name)),
      policy: meanOf(waitsOf(run.policyMin, run.facts, name)),
    }));
    const [first] = runs;
    return {
      count: first ? waitsOf(first.fifoMin, first.facts, name).length : 0,
      fifo: spread(means.map(({ fifo }) => fifo)),
      policy: spread(means.map(({ policy }) => policy)),
      change: spread(means.map(({ fifo, policy }) => policy - fifo)),
    };
  };
  return Object.fromEntries(CASE_CLASSES.map((name) => [name, ofClass(name)])) as Record<
    CaseClass,
    ShiftWaits
  >;
}
