/**
 * @file Which rows are shown: a tab and a text.
 */
import type { RankedItem, WorklistItem } from "../../domain/worklist.ts";
import { isSuspected } from "../../triage/conditions.ts";
import { formatName } from "../format.ts";

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

/** Lower case without accents, so that "muller" finds "Müller". */
const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function haystackOf(item: WorklistItem): string {
  let text = haystacks.get(item);
  if (text === undefined) {
    const { patient, accessionNumber, description, studyInstanceUid, reader } = item;
    const parts = [formatName(patient.name), patient.id, accessionNumber, description, reader ?? ""];
    text = fold([...parts, studyInstanceUid].join("\n"));
    haystacks.set(item, text);
  }
  return text;
}

/** The rows under a tab in which every word of the text occurs. Keeps the order. */
export function filterRows(rows: readonly RankedItem[], { tab, text }: Filter, me: string): RankedItem[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  return rows.filter(({ item }) => {
    if (!isUnder(tab, item, me)) return false;
    if (words.length === 0) return true;
    const haystack = haystackOf(item);
    return words.every((word) => haystack.includes(word));
  });
}

/** How many rows each tab would show. */
export function countTabs(rows: readonly RankedItem[], me: string): Record<Tab, number> {
  const counts = { all: 0, waiting: 0, flagged: 0, mine: 0, read: 0 };
  for (const { item } of rows) for (const tab of TABS) if (isUnder(tab, item, me)) counts[tab] += 1;
  return counts;
}
