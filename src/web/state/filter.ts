/**
 * @file Which rows are shown: a tab and a text.
 */
import type { RankedItem, WorklistItem } from "../../domain/worklist.ts";
import { isSuspected } from "../../triage/conditions.ts";
import { hasWords, searchText, searchWords } from "../../triage/search.ts";

export const TABS = ["all", "waiting", "flagged", "mine", "read"] as const;
export type Tab = (typeof TABS)[number];

export interface Filter {
  readonly tab: Tab;
  readonly text: string;
}

/** Whether a study belongs under a tab. `me` is the reader's name, "" when unknown. */
export function isUnder(tab: Tab, item: WorklistItem, me: string): boolean {
  switch (tab) {
    case "all":
      return true;
    case "waiting":
      return item.reading === "waiting";
    case "flagged":
      return item.reading !== "read" && isSuspected(item);
    case "mine":
      return me !== "" && item.reading === "claimed" && item.reader === me;
    case "read":
      return item.reading === "read";
  }
}

const haystacks = new WeakMap<WorklistItem, string>();

function haystackOf(item: WorklistItem): string {
  let text = haystacks.get(item);
  if (text === undefined) {
    text = searchText(item);
    haystacks.set(item, text);
  }
  return text;
}

/** The rows under a tab in which every word of the text occurs. Keeps the order. */
export function filterRows(rows: readonly RankedItem[], { tab, text }: Filter, me: string): RankedItem[] {
  const words = searchWords(text);
  return rows.filter(({ item }) => {
    if (!isUnder(tab, item, me)) return false;
    return words.length === 0 || hasWords(haystackOf(item), words);
  });
}

/** How many rows each tab would show. */
export function countTabs(rows: readonly RankedItem[], me: string): Record<Tab, number> {
  const counts = { all: 0, waiting: 0, flagged: 0, mine: 0, read: 0 };
  for (const { item } of rows) for (const tab of TABS) if (isUnder(tab, item, me)) counts[tab] += 1;
  return counts;
}
