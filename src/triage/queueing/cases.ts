/**
 * @file The cases of a simulation: drawn once, then read in one order or another, so that two orders are compared
 * case by case on the same random numbers.
 */
import { hourlyClock } from "./arrivals.ts";
import type { Circumstances } from "./circumstances.ts";
import { ratesOf } from "./department.ts";
import type { Department } from "./department.ts";
import { exponential, lognormal, uniformSource } from "./random.ts";

/** Bits of `Cases.facts`. */
export const IS_INTERRUPTING = 1;
export const IS_DISEASED = 2;
export const IS_POSITIVE = 4;

/** One entry a case, by arrival. */
export interface Cases {
  readonly arrivedMin: Float64Array;
  readonly readingMin: Float64Array;
  /** What is true of the case: `IS_…` bits. */
  readonly facts: Uint8Array;
}

/** What a case is, before its times are drawn. */
export type FactsSource = (uniform: () => number, index: number) => number;

/** Cases of a department: interrupting or not, diseased or not, called positive or not. */
export function departmentFacts({
  interrupting,
  prevalence,
  sensitivity,
  specificity,
}: Department): FactsSource {
  return (uniform) => {
    const interrupts = uniform() < interrupting ? IS_INTERRUPTING : 0;
    const isDiseased = uniform() < prevalence;
    const isPositive = isDiseased ? uniform() < sensitivity : uniform() >= specificity;
    return interrupts | (isDiseased ? IS_DISEASED : 0) | (isPositive ? IS_POSITIVE : 0);
  };
}

export interface CasesOptions {
  readonly department: Department;
  readonly circumstances: Circumstances;
  readonly count: number;
  readonly seed: number;
}

/** Draw cases whose arrivals and reading times are the department's. */
export function drawCases(
  { department, circumstances, count, seed }: CasesOptions,
  factsOf: FactsSource = departmentFacts(department),
): Cases {
  const uniform = uniformSource(seed);
  const rates = ratesOf(department);
  const meanGapMin = 1 / (rates.interrupting + rates.nonInterrupting);
  const { readingMin: means } = department;
  const { arrivalsByHour, readingCv } = circumstances;
  const clock = hourlyClock(arrivalsByHour);
  const arrivedMin = new Float64Array(count);
  const readingMin = new Float64Array(count);
  const facts = new Uint8Array(count);
  let steadyMin = 0;
  for (let i = 0; i < count; i++) {
    steadyMin += exponential(uniform, meanGapMin);
    const fact = factsOf(uniform, i);
    const mean =
      fact & IS_INTERRUPTING ? means.interrupting : fact & IS_DISEASED ? means.diseased : means.nonDiseased;
    arrivedMin[i] = clock(steadyMin);
    readingMin[i] = readingCv === null ? exponential(uniform, mean) : lognormal(uniform, mean, readingCv);
    facts[i] = fact;
  }
  return { arrivedMin, readingMin, facts };
}
