/**
 * @file The reading room, case by case: an event simulation of the same department the theory speaks of.
 */
import { ratesOf, validateDepartment } from "./department.ts";
import type { Department } from "./department.ts";
import { exponential, uniformSource } from "./random.ts";
import { Summary } from "./summary.ts";
import type { WaitSummary } from "./summary.ts";

export interface SimulationOptions {
  readonly department: Department;
  /** Cases simulated, interrupting ones included. */
  readonly cases: number;
  readonly seed: number;
  /** Whether the AI's result orders the list, or the list is first come, first served. */
  readonly prioritised: boolean;
}

/** Waits in minutes of the non-interrupting cases. */
export interface SimulatedWaits {
  readonly all: WaitSummary;
  readonly aiPositive: WaitSummary;
  readonly aiNegative: WaitSummary;
  readonly diseased: WaitSummary;
  readonly nonDiseased: WaitSummary;
}

/** Priority classes, most pressing first. */
const INTERRUPTING = 0;
const POSITIVE = 1;
const NEGATIVE = 2;

interface Case {
  readonly arrivedMin: number;
  readonly readingMin: number;
  readonly rank: number;
  readonly positive: boolean;
  readonly diseased: boolean;
  /** What is left to read; less than `readingMin` after an interruption. */
  leftMin: number;
}

/** First in, first out, except that an interrupted case goes back to the front. */
class Line {
  #cases: Case[] = [];
  #head = 0;

  get length(): number {
    return this.#cases.length - this.#head;
  }
  push(item: Case): void {
    this.#cases.push(item);
  }
  unshift(item: Case): void {
    if (this.#head > 0) this.#cases[--this.#head] = item;
    else this.#cases.unshift(item);
  }
  shift(): Case | undefined {
    const item = this.#cases[this.#head++];
    if (this.#head > 1024 && this.#head * 2 > this.#cases.length) {
      this.#cases = this.#cases.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** A difference of clock times below a nanosecond or so is rounding, not a wait. */
const roundOff = (minutes: number): number => (minutes < 1e-9 ? 0 : minutes);

interface Desk {
  reading: Case | null;
  doneAtMin: number;
}

/** Draw the next case of a department, at a time. */
function caseSource({ department, seed, prioritised }: SimulationOptions): () => Case {
  const uniform = uniformSource(seed);
  const rates = ratesOf(department);
  const meanGapMin = 1 / (rates.interrupting + rates.nonInterrupting);
  const { readingMin, prevalence, sensitivity, specificity } = department;
  let clockMin = 0;
  return () => {
    clockMin += exponential(uniform, meanGapMin);
    const isInterrupting = uniform() < department.interrupting;
    const diseased = uniform() < prevalence;
    const positive = diseased ? uniform() < sensitivity : uniform() >= specificity;
    const mean = isInterrupting
      ? readingMin.interrupting
      : diseased
        ? readingMin.diseased
        : readingMin.nonDiseased;
    const minutes = exponential(uniform, mean);
    const rank = isInterrupting ? INTERRUPTING : prioritised && positive ? POSITIVE : NEGATIVE;
    return { arrivedMin: clockMin, readingMin: minutes, leftMin: minutes, rank, positive, diseased };
  };
}

/**
 * Simulate a department.
 *
 * A wait is the time until the report less the reading itself, as in the theory. The first tenth of the
 * cases warms the room up and is not counted. Traffic of 1 or more is simulated as asked: waits then
 * grow with the number of cases.
 *
 * @throws RangeError for a parameter out of range
 */
export function simulateWaits(options: SimulationOptions): SimulatedWaits {
  const { department, cases } = options;
  validateDepartment(department);
  const draw = caseSource(options);
  const lines = [new Line(), new Line(), new Line()] as const;
  const desks: Desk[] = Array.from({ length: department.radiologists }, () => ({
    reading: null,
    doneAtMin: Number.POSITIVE_INFINITY,
  }));
  const warmUp = Math.floor(cases / 10);
  const expected = cases - warmUp;
  const waits = {
    all: new Summary(expected),
    aiPositive: new Summary(expected),
    aiNegative: new Summary(expected),
    diseased: new Summary(expected),
    nonDiseased: new Summary(expected),
  };

  const begin = (desk: Desk, item: Case | null, nowMin: number): void => {
    desk.reading = item;
    desk.doneAtMin = item ? nowMin + item.leftMin : Number.POSITIVE_INFINITY;
  };
  const nextWaiting = (): Case | null => lines.find((line) => line.length > 0)?.shift() ?? null;
  const arrive = (item: Case): void => {
    const free = desks.find((desk) => desk.reading === null);
    if (free) return begin(free, item, item.arrivedMin);
    if (department.preemptive) {
      const interrupted = desks.reduce((a, b) => ((b.reading?.rank ?? 0) > (a.reading?.rank ?? 0) ? b : a));
      const open = interrupted.reading;
      if (open && open.rank > item.rank) {
        open.leftMin = interrupted.doneAtMin - item.arrivedMin;
        lines[open.rank as 0 | 1 | 2].unshift(open);
        return begin(interrupted, item, item.arrivedMin);
      }
    }
    lines[item.rank as 0 | 1 | 2].push(item);
  };
  const finish = (desk: Desk, counted: boolean): void => {
    const nowMin = desk.doneAtMin;
    const item = desk.reading;
    if (item && item.rank !== INTERRUPTING && counted) {
      const waitMin = roundOff(nowMin - item.arrivedMin - item.readingMin);
      waits.all.add(waitMin);
      (item.positive ? waits.aiPositive : waits.aiNegative).add(waitMin);
      (item.diseased ? waits.diseased : waits.nonDiseased).add(waitMin);
    }
    begin(desk, nextWaiting(), nowMin);
  };

  let drawn = 0;
  let upcoming: Case | null = draw();
  for (;;) {
    let first: Desk | null = null;
    for (const desk of desks) if (desk.reading && (!first || desk.doneAtMin < first.doneAtMin)) first = desk;
    if (upcoming && (!first || upcoming.arrivedMin <= first.doneAtMin)) {
      arrive(upcoming);
      drawn += 1;
      upcoming = drawn < cases ? draw() : null;
    } else if (first) {
      finish(first, drawn > warmUp);
    } else break;
  }
  return {
    all: waits.all.summarise(),
    aiPositive: waits.aiPositive.summarise(),
    aiNegative: waits.aiNegative.summarise(),
    diseased: waits.diseased.summarise(),
    nonDiseased: waits.nonDiseased.summarise(),
  };
}
