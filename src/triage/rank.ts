/**
 * @file The order of the worklist. The server and the page rank with this same function.
 */
import type { Policy } from "../domain/policy.ts";
import type { RankedItem, WorklistItem } from "../domain/worklist.ts";
import { tierIndex } from "./decide.ts";
import { prioritize } from "./prioritize.ts";

/** The moment that a study's priority is that of: now, or when it was read. */
export function standsAtMs({ reading, readAt, arrivedAt }: WorklistItem, nowMs: number): number {
  return reading === "read" ? Math.min(nowMs, Date.parse(readAt ?? arrivedAt)) : nowMs;
}

/**
 * Rank the studies: unread before read; by tier; within a tier the longest waiting first. A claimed study
 * keeps its place, so that a list does not jump when someone opens a case. Studies already read follow,
 * latest first.
 *
 * The order is total (the Study Instance UID decides the last tie): same items, same order.
 */
export function rankWorklist(items: readonly WorklistItem[], policy: Policy, nowMs: number): RankedItem[] {
  const keyed = items.map((item) => {
    const priority = prioritize(item, policy, standsAtMs(item, nowMs));
    const isRead = item.reading === "read";
    return {
      item,
      priority,
      group: isRead ? Number.POSITIVE_INFINITY : tierIndex(priority.tier),
      at: isRead ? -Date.parse(item.readAt ?? item.arrivedAt) : Date.parse(item.arrivedAt),
    };
  });
  keyed.sort(
    (a, b) =>
      (a.group === b.group ? 0 : a.group - b.group) ||
      a.at - b.at ||
      (a.item.studyInstanceUid < b.item.studyInstanceUid ? -1 : 1),
  );
  return keyed.map(({ item, priority }, index) => ({ item, priority, rank: index + 1 }));
}
