/**
 * @file Whom an order delays: each case's wait under it against the same case's wait, first come, first served.
 */
import { meanOf, quantileOf } from "./summary.ts";

/** A change below this is no delay: a tenth of a minute. */
const NOTICEABLE_MIN = 0.1;

export interface Delay {
  readonly count: number;
  /** Shares of the cases that wait noticeably longer, and noticeably less. */
  readonly laterShare: number;
  readonly soonerShare: number;
  /** Mean change over all cases; above 0 they wait longer. */
  readonly meanChangeMin: number;
  /** Of the cases that wait longer: by how much. 0 when there are none. */
  readonly laterMedianMin: number;
  readonly laterP95Min: number;
  readonly laterWorstMin: number;
}

/**
 * @param beforeMin waits first come, first served
 * @param afterMin waits of the same cases, in the same order, under the other order
 */
export function compareWaits(beforeMin: Float64Array, afterMin: Float64Array): Delay {
  const change = afterMin.map((value, i) => value - (beforeMin[i] ?? 0));
  const later = change.filter((value) => value > NOTICEABLE_MIN).sort();
  const sooner = change.reduce((count, value) => count + (value < -NOTICEABLE_MIN ? 1 : 0), 0);
  const ofLater = (q: number): number => (later.length === 0 ? 0 : quantileOf(later, q));
  return {
    count: change.length,
    laterShare: later.length / change.length,
    soonerShare: sooner / change.length,
    meanChangeMin: meanOf(change),
    laterMedianMin: ofLater(0.5),
    laterP95Min: ofLater(0.95),
    laterWorstMin: later.at(-1) ?? 0,
  };
}
