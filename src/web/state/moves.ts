/**
 * @file What moved between two orders of the list, and what is worth saying about it.
 *
 * When one study goes from place 20 to 1, nineteen others go down by one. Only the one is news.
 */
import type { RankedItem } from "../../domain/worklist.ts";

export interface Move {
  readonly uid: string;
  /** Places gained; 0 for a study that is new on the list. */
  readonly up: number;
  readonly rank: number;
  readonly atMs: number;
}

/**
 * The studies that gained places by a change of their own (a new finding, a promotion), and those that are
 * new. Studies that others pushed are left out; so are those already read.
 */
export function movesBetween(
  before: ReadonlyMap<string, RankedItem>,
  after: readonly RankedItem[],
  nowMs: number,
): Move[] {
  const moves: Move[] = [];
  for (const row of after) {
    const { item, rank, priority } = row;
    const uid = item.studyInstanceUid;
    const last = before.get(uid);
    if (last === row || item.reading === "read") continue;
    if (!last) {
      moves.push({ uid, up: 0, rank, atMs: nowMs });
      continue;
    }
    const isOwnChange = last.item !== item || last.priority.tier !== priority.tier;
    if (isOwnChange && last.rank > rank) moves.push({ uid, up: last.rank - rank, rank, atMs: nowMs });
  }
  return moves;
}
