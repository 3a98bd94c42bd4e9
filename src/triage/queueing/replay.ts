/**
 * @file A department's own log, read again in another order: the real arrivals, findings and reading times, the list
 * ranked by the very code that ranks the real one. Nobody interrupts an open study.
 */
import type { Policy } from "../../domain/policy.ts";
import type { WorklistItem } from "../../domain/worklist.ts";
import { rankWorklist } from "../rank.ts";

/** A study of a log. */
export interface LoggedStudy {
  /** As it was once its finding was there, unread. */
  readonly item: WorklistItem;
  /** When the finding came, in milliseconds since 1970; null when none did. */
  readonly foundAtMs: number | null;
  readonly readingMs: number;
  /** How long it waited in truth until it was opened; null when the log does not say. */
  readonly waitedMs: number | null;
  /** Whether there was a hemorrhage; null when nobody said. */
  readonly truth: boolean | null;
}

/** Which of the waiting studies is read next: its index. */
export type ReadingOrder = (waiting: readonly WorklistItem[], nowMs: number) => number;

/** The earliest arrival. The waiting stand in the order in which they arrived. */
export const firstCome: ReadingOrder = () => 0;

/** The top of the list that the policy ranks. */
export const byPolicy =
  (policy: Policy): ReadingOrder =>
  (waiting, nowMs) => {
    const top = rankWorklist(waiting, policy, nowMs)[0];
    return top ? waiting.indexOf(top.item) : 0;
  };

/** What the list knew of a study at a time. */
function asKnown({ item, foundAtMs }: LoggedStudy, nowMs: number): WorklistItem {
  if (foundAtMs === null || foundAtMs <= nowMs) return item;
  return { ...item, finding: null, analysis: "scoring" };
}

/**
 * Read a log again.
 *
 * @param studies in the order of arrival
 * @returns minutes from each study's arrival until it is opened
 */
export function replayLog(
  studies: readonly LoggedStudy[],
  radiologists: number,
  order: ReadingOrder,
): Float64Array {
  const waitMin = new Float64Array(studies.length);
  const freeAtMs = new Float64Array(radiologists).fill(Number.NEGATIVE_INFINITY);
  const arrivalsMs = studies.map(({ item }) => Date.parse(item.arrivedAt));
  const waiting: number[] = [];
  let arrived = 0;
  for (let read = 0; read < studies.length; read++) {
    const desk = freeAtMs.indexOf(Math.min(...freeAtMs));
    const nextMs = arrivalsMs[arrived] ?? Number.POSITIVE_INFINITY;
    const freeMs = freeAtMs[desk] ?? 0;
    const nowMs = waiting.length === 0 ? Math.max(freeMs, nextMs) : freeMs;
    while (arrived < studies.length && (arrivalsMs[arrived] ?? 0) <= nowMs) waiting.push(arrived++);
    const known = waiting.flatMap((index) => {
      const study = studies[index];
      return study ? [asKnown(study, nowMs)] : [];
    });
    const [index = 0] = waiting.splice(order(known, nowMs), 1);
    waitMin[index] = (nowMs - (arrivalsMs[index] ?? 0)) / 60_000;
    freeAtMs[desk] = nowMs + (studies[index]?.readingMs ?? 0);
  }
  return waitMin;
}
