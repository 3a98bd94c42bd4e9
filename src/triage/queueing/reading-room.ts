/**
 * @file The reading room, event by event: cases arrive, findings come, waits become too long, reads end.
 */
import { IS_INTERRUPTING, IS_POSITIVE } from "./cases.ts";
import type { Cases } from "./cases.ts";
import { WaitingLine } from "./waiting-line.ts";

/** How the cases are read. Times are minutes. */
export interface RoomRules {
  readonly radiologists: number;
  readonly preemptive: boolean;
  /** Whether findings and waits order the list, or it is first come, first served (interrupting cases aside). */
  readonly prioritised: boolean;
  readonly aiLatencyMin: number;
  readonly maxWaitMin: number | null;
}

/** Priority classes, most pressing first. */
const INTERRUPTING = 0;
const URGENT = 1;
const ORDINARY = 2;
type Rank = typeof INTERRUPTING | typeof URGENT | typeof ORDINARY;

/** A difference of clock times below a nanosecond or so is rounding, not a wait. */
const roundOff = (minutes: number): number => (minutes < 1e-9 ? 0 : minutes);

const FREE = -1;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Read all cases.
 *
 * A case has the ordinary rank until its finding is there, or until it has waited too long: then it is urgent,
 * and among the urgent the earliest arrival comes first, so that a late finding delays nobody beyond the order
 * without AI.
 *
 * @returns minutes that each case waited: until its report, less its own reading time
 */
export function readCases({ arrivedMin, readingMin, facts }: Cases, rules: RoomRules): Float64Array {
  const count = arrivedMin.length;
  const { preemptive, prioritised, aiLatencyMin, maxWaitMin } = rules;
  const waitMin = new Float64Array(count);
  /** What is left to read: less than `readingMin` after an interruption; below 0 once read. */
  const leftMin = readingMin.slice();
  const ranks = new Uint8Array(count);
  const isOpen = new Uint8Array(count);
  const lines: Readonly<Record<Rank, WaitingLine>> = [
    new WaitingLine(),
    new WaitingLine(),
    new WaitingLine(),
  ];
  const desks = new Int32Array(rules.radiologists).fill(FREE);
  const doneAtMin = new Float64Array(rules.radiologists).fill(NEVER);

  const rankOf = (index: number): Rank => (ranks[index] ?? ORDINARY) as Rank;
  const begin = (desk: number, index: number, nowMin: number): void => {
    desks[desk] = index;
    isOpen[index] = 1;
    doneAtMin[desk] = nowMin + (leftMin[index] ?? 0);
  };
  /** The next case of a class. One that rose since it came into this line is in another by now. */
  const shiftFrom = (rank: Rank): number | undefined => {
    for (;;) {
      const index = lines[rank].shift();
      if (index === undefined || ranks[index] === rank) return index;
    }
  };
  const call = (desk: number, nowMin: number): void => {
    const next = shiftFrom(INTERRUPTING) ?? shiftFrom(URGENT) ?? shiftFrom(ORDINARY);
    if (next !== undefined) return begin(desk, next, nowMin);
    desks[desk] = FREE;
    doneAtMin[desk] = NEVER;
  };
  /** Give a case that is not open a desk, or a place in its line. */
  const seat = (index: number, nowMin: number): void => {
    const free = desks.indexOf(FREE);
    if (free >= 0) return begin(free, index, nowMin);
    let least = 0;
    for (let desk = 1; preemptive && desk < desks.length; desk++) {
      if (rankOf(desks[desk] ?? 0) > rankOf(desks[least] ?? 0)) least = desk;
    }
    const open = desks[least] ?? 0;
    if (!preemptive || rankOf(open) <= rankOf(index)) return lines[rankOf(index)].push(index);
    leftMin[open] = (doneAtMin[least] ?? 0) - nowMin;
    isOpen[open] = 0;
    lines[rankOf(open)].push(open);
    begin(least, index, nowMin);
  };
  const finish = (desk: number): void => {
    const index = desks[desk] ?? 0;
    const nowMin = doneAtMin[desk] ?? 0;
    waitMin[index] = roundOff(nowMin - (arrivedMin[index] ?? 0) - (readingMin[index] ?? 0));
    leftMin[index] = -1;
    call(desk, nowMin);
  };
  const rise = (index: number, nowMin: number): void => {
    ranks[index] = URGENT;
    if (isOpen[index] === 0) seat(index, nowMin);
  };

  let arrived = 0;
  // Findings come, and waits become too long, in the order of arrival: a place in that order is all there is to keep.
  const canRise = (index: number): boolean => rankOf(index) === ORDINARY && (leftMin[index] ?? -1) >= 0;
  let scored = prioritised ? 0 : count;
  let aged = prioritised && maxWaitMin !== null ? 0 : count;
  const nextScoredMin = (): number => {
    while (scored < arrived && !(canRise(scored) && (facts[scored] ?? 0) & IS_POSITIVE)) scored += 1;
    return scored < arrived ? (arrivedMin[scored] ?? 0) + aiLatencyMin : NEVER;
  };
  const nextAgedMin = (): number => {
    while (aged < arrived && !canRise(aged)) aged += 1;
    return aged < arrived ? (arrivedMin[aged] ?? 0) + (maxWaitMin ?? NEVER) : NEVER;
  };
  const arrive = (index: number): void => {
    const fact = facts[index] ?? 0;
    const isUrgent = prioritised && ((fact & IS_POSITIVE && aiLatencyMin === 0) || maxWaitMin === 0);
    ranks[index] = fact & IS_INTERRUPTING ? INTERRUPTING : isUrgent ? URGENT : ORDINARY;
    seat(index, arrivedMin[index] ?? 0);
  };

  for (;;) {
    const arrivesMin = arrived < count ? (arrivedMin[arrived] ?? 0) : NEVER;
    let desk = 0;
    for (let other = 1; other < desks.length; other++) {
      if ((doneAtMin[other] ?? NEVER) < (doneAtMin[desk] ?? NEVER)) desk = other;
    }
    const endsMin = doneAtMin[desk] ?? NEVER;
    const scoredMin = nextScoredMin();
    const agedMin = nextAgedMin();
    const risesMin = Math.min(scoredMin, agedMin);
    if (arrivesMin === NEVER && endsMin === NEVER) return waitMin;
    if (arrivesMin <= endsMin && arrivesMin <= risesMin) arrive(arrived++);
    else if (risesMin <= endsMin) rise(scoredMin <= agedMin ? scored : aged, risesMin);
    else finish(desk);
  }
}
