/**
 * @file Mean waits by theory, where theory exists.
 *
 * One radiologist: the M/G/1 priority queue (Kleinrock, "Queueing Systems" vol. 2, 3.6–3.7), exact for reading
 * times that differ by class. Several: M/M/c priority queues, exact when all non-interrupting reads have
 * the same mean; with interrupting cases of another speed, by the Markov chain of `preemptive-servers.ts`.
 */
import { STEADY, validateCircumstances } from "./circumstances.ts";
import type { Circumstances } from "./circumstances.ts";
import { erlangC, meanWaitMmc } from "./erlang.ts";
import { meanLowPresent } from "./preemptive-servers.ts";
import { quCadLowestWait } from "./qucad.ts";
import { meanWaits, ratesOf, validateDepartment } from "./department.ts";
import type { Department, MeanWaits } from "./department.ts";
import type { ServedClass } from "./passage.ts";

/** A class of cases: arrivals per minute, mean and mean square of the reading time. */
interface Class {
  readonly arrivals: number;
  readonly meanMin: number;
  readonly meanSquare: number;
}

/** No formula for this department; the message says why. The simulation has no such limit. */
export class NoTheory extends Error {
  override readonly name = "NoTheory";
}

/** A mixture of two kinds of reads, each with the mean square (1 + cv²) · mean²; exponential ones have a cv of 1. */
function mixture(
  arrivals: number,
  diseasedShare: number,
  [diseasedMin, otherMin]: readonly [number, number],
  cv: number,
): Class {
  return {
    arrivals,
    meanMin: diseasedShare * diseasedMin + (1 - diseasedShare) * otherMin,
    meanSquare: (1 + cv ** 2) * (diseasedShare * diseasedMin ** 2 + (1 - diseasedShare) * otherMin ** 2),
  };
}

const load = (classes: readonly Class[]): number =>
  classes.reduce((sum, c) => sum + c.arrivals * c.meanMin, 0);
/** Mean work left of the read in progress, over these classes. */
const residual = (classes: readonly Class[]): number =>
  classes.reduce((sum, c) => sum + (c.arrivals * c.meanSquare) / 2, 0);

/** Mean wait of the last of `classes` (most pressing first) at one server. `below` arrive after them in rank. */
function waitOneServer(classes: readonly Class[], below: readonly Class[], preemptive: boolean): number {
  const above = load(classes.slice(0, -1));
  const upTo = load(classes);
  if (!preemptive) return residual([...classes, ...below]) / ((1 - above) * (1 - upTo));
  const meanMin = classes.at(-1)?.meanMin ?? 0;
  return meanMin / (1 - above) + residual(classes) / ((1 - above) * (1 - upTo)) - meanMin;
}

function oneRadiologist(
  department: Department,
  classes: { high: Class; all: Class; plus: Class; minus: Class },
) {
  const { high, all, plus, minus } = classes;
  const { preemptive } = department;
  return meanWaits(
    department,
    waitOneServer([high, all], [], preemptive),
    waitOneServer([high, plus], [minus], preemptive),
    waitOneServer([high, plus, minus], [], preemptive),
  );
}

/** Several radiologists who finish an open read: all reads must have one mean. */
function severalNonPreemptive(department: Department, classes: readonly [Class, Class, Class]): MeanWaits {
  const [high, plus, minus] = classes;
  const { radiologists: c, readingMin } = department;
  const means =
    department.interrupting > 0 ? Object.values(readingMin) : [readingMin.diseased, readingMin.nonDiseased];
  if (new Set(means).size > 1) {
    throw new NoTheory("several radiologists who do not interrupt a read: only for equal reading times");
  }
  const anyFree = (erlangC(c, load(classes)) * readingMin.diseased) / c;
  const free = (...upTo: readonly Class[]): number => 1 - load(upTo) / c;
  return meanWaits(
    department,
    anyFree / (free(high) * free(high, plus, minus)),
    anyFree / (free(high) * free(high, plus)),
    anyFree / (free(high, plus) * free(high, plus, minus)),
  );
}

/** Several radiologists who interrupt a read: Little's law on the numbers present. */
function severalPreemptive(department: Department, classes: readonly [Class, Class, Class]): MeanWaits {
  const [high, plus, minus] = classes;
  const { radiologists: servers, readingMin } = department;
  if (readingMin.diseased !== readingMin.nonDiseased) {
    throw new NoTheory(
      "several radiologists who interrupt a read: only for equal reading times of diseased and not",
    );
  }
  const meanMin = readingMin.diseased;
  const present = (arrivals: number): number => {
    if (arrivals === 0) return 0;
    if (high.arrivals === 0) return arrivals * (meanWaitMmc(servers, arrivals, meanMin) + meanMin);
    return meanLowPresent({ servers, high, low: { arrivals, meanMin } });
  };
  const all = plus.arrivals + minus.arrivals;
  const [presentAll, presentPlus] = [present(all), present(plus.arrivals)];
  return meanWaits(
    department,
    presentAll / all - meanMin,
    presentPlus / plus.arrivals - meanMin,
    (presentAll - presentPlus) / minus.arrivals - meanMin,
  );
}

/**
 * The waits as FDA's QuCAD prints them where they are not the exact ones (two radiologists whom interrupting cases
 * interrupt, `qucad.ts`), so that figures of both programs can be compared; otherwise `exact` itself.
 *
 * @param exact `theoreticalWaits` of the department
 */
export function quCadWaits(department: Department, exact: MeanWaits): MeanWaits {
  const { preemptive, radiologists, interrupting, readingMin } = department;
  if (!preemptive || radiologists !== 2 || interrupting === 0) return exact;
  const rates = ratesOf(department);
  const meanMin = readingMin.diseased;
  const [plus, minus] = [rates.positiveShare, 1 - rates.positiveShare].map((share) => ({
    arrivals: rates.nonInterrupting * share,
    meanMin,
  })) as [ServedClass, ServedClass];
  const high = { arrivals: rates.interrupting, meanMin: readingMin.interrupting };
  const aiNegative = quCadLowestWait(high, plus, minus);
  return Number.isNaN(aiNegative) ? exact : meanWaits(department, exact.fifo, exact.aiPositive, aiNegative);
}

/** @throws NoTheory for what no formula here knows */
function refuseUnknown({ radiologists }: Department, circumstances: Circumstances): void {
  const { arrivalsByHour, aiLatencyMin, maxWaitMin, readingCv } = circumstances;
  if (arrivalsByHour !== null) throw new NoTheory("arrivals that follow the hour: only simulation answers");
  if (aiLatencyMin > 0) throw new NoTheory("an AI that takes its time: only simulation answers");
  if (maxWaitMin !== null) throw new NoTheory("a longest wait: only simulation answers");
  if (readingCv !== null && radiologists > 1) {
    throw new NoTheory("several radiologists: only for exponential reading times");
  }
}

/**
 * Mean waits in minutes.
 *
 * @throws RangeError for parameters out of range, and for traffic of 1 or more: the queue grows for ever
 * @throws NoTheory where only simulation answers
 */
export function theoreticalWaits(department: Department, circumstances: Circumstances = STEADY): MeanWaits {
  validateDepartment(department);
  validateCircumstances(circumstances);
  if (department.traffic >= 1) {
    throw new RangeError(
      `traffic: below 1 is expected, not ${department.traffic}: the queue would grow for ever`,
    );
  }
  refuseUnknown(department, circumstances);
  const rates = ratesOf(department);
  if (rates.positiveShare === 0 || rates.positiveShare === 1) {
    throw new NoTheory("the AI calls every case the same: it changes nothing");
  }
  const { diseased, nonDiseased, interrupting } = department.readingMin;
  const cv = circumstances.readingCv ?? 1;
  const of = (arrivals: number, share: number): Class =>
    mixture(arrivals, share, [diseased, nonDiseased], cv);
  const high = mixture(rates.interrupting, 1, [interrupting, interrupting], cv);
  const all = of(rates.nonInterrupting, department.prevalence);
  const plus = of(rates.nonInterrupting * rates.positiveShare, rates.diseasedOfPositive);
  const minus = of(rates.nonInterrupting * (1 - rates.positiveShare), rates.diseasedOfNegative);
  if (department.radiologists === 1) return oneRadiologist(department, { high, all, plus, minus });
  return department.preemptive
    ? severalPreemptive(department, [high, plus, minus])
    : severalNonPreemptive(department, [high, plus, minus]);
}
