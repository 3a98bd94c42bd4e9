/**
 * @file The wait of the AI's negatives as FDA's QuCAD prints it for two radiologists whom more pressing cases interrupt.
 *
 * QuCAD reduces the two higher classes to six busy periods, each replaced by a few phases with its first three moments.
 * With all the phases that the moments ask for, the result agrees with the exact one (`preemptive-servers.ts`) to three
 * decimals; QuCAD (scripts/tools/calculator.py, `get_cal_lowest`) keeps at most one equal phase, and only for those two
 * periods that end with a case of a class that neither of both began with. Kept the same here, so that both programs' figures can be compared
 * (`docs/decisions/0022`).
 */
import { meanLevel } from "./level-chain.ts";
import { busyPeriods } from "./passage.ts";
import type { BusyPeriod, ServedClass } from "./passage.ts";
import { matchErlangCoxian } from "./phase-type.ts";

interface Move {
  readonly from: number;
  readonly to: number;
  readonly rate: number;
}

const RADIOLOGISTS = 2;
/** Radiologists left for the lowest class when there is nobody, a middle case, a highest case. */
const FREE = [RADIOLOGISTS, 1, 1];
const [NOBODY, ONE_MIDDLE, ONE_HIGH] = [0, 1, 2];

/** How a period begins: who is there, and who comes. */
function beginnings({ highAtStart }: BusyPeriod, high: ServedClass, middle: ServedClass) {
  if (highAtStart === 0) return [{ from: ONE_MIDDLE, rate: middle.arrivals }];
  if (highAtStart === 2) return [{ from: ONE_HIGH, rate: high.arrivals }];
  return [
    { from: ONE_MIDDLE, rate: high.arrivals },
    { from: ONE_HIGH, rate: middle.arrivals },
  ];
}

/** Mean wait in minutes of the lowest of three classes at two servers; NaN where QuCAD has no figure either. */
export function quCadLowestWait(high: ServedClass, middle: ServedClass, low: ServedClass): number {
  const free = [...FREE];
  const moves: Move[] = [
    { from: NOBODY, to: ONE_MIDDLE, rate: middle.arrivals },
    { from: NOBODY, to: ONE_HIGH, rate: high.arrivals },
    { from: ONE_MIDDLE, to: NOBODY, rate: 1 / middle.meanMin },
    { from: ONE_HIGH, to: NOBODY, rate: 1 / high.meanMin },
  ];
  for (const period of busyPeriods(high, middle)) {
    const { erlangPhases, erlangRate, coxian } = matchErlangCoxian(period.moments);
    const endsOtherwise = period.highAtStart === (period.highAtEnd ? 0 : 2);
    const equal = endsOtherwise && erlangPhases > 0 ? [free.length] : [];
    const first = free.length + equal.length;
    const end = period.highAtEnd ? ONE_HIGH : ONE_MIDDLE;
    free.push(...equal.map(() => 0), 0, 0);
    moves.push(
      ...beginnings(period, high, middle).map(({ from, rate }) => ({
        ...{ from, to: equal[0] ?? first, rate: rate * period.probability },
      })),
      ...equal.map((from) => ({ from, to: first, rate: erlangRate })),
      { from: first, to: end, rate: (1 - coxian.goesOn) * coxian.first },
      { from: first, to: first + 1, rate: coxian.goesOn * coxian.first },
      { from: first + 1, to: end, rate: coxian.second },
    );
  }
  if (!moves.every(({ rate }) => rate >= 0)) return NaN;
  const rates = free.map(() => new Float64Array(free.length));
  for (const { from, to, rate } of moves) {
    const row = rates[from];
    if (row) row[to] = (row[to] ?? 0) + rate;
  }
  const present = meanLevel({ ...low, servers: RADIOLOGISTS, free, moves: rates });
  return present / low.arrivals - low.meanMin;
}
