import { describe, expect, it } from "vitest";

import { plainItem } from "../../../tests/fixtures/plain-item.ts";
import type { RankedItem, WorklistItem } from "../../domain/worklist.ts";
import { countTabs, filterRows } from "./filter.ts";

function row(uid: string, facts: Partial<WorklistItem>): RankedItem {
  const item = plainItem({
    studyInstanceUid: uid,
    patient: { name: "Müller^Anna", id: "P7", sex: "F", age: "67 y" },
    accessionNumber: "A1",
    description: "CT head",
    ...facts,
  });
  return { item, rank: 1, priority: { tier: "routine", reason: "" } };
}

const rows = [
  row("1.1", {}),
  row("1.2", { reading: "claimed", reader: "Dr Weber", accessionNumber: "B22" }),
  row("1.3", { reading: "read", reader: "Dr Weber" }),
];
const uids = (found: readonly RankedItem[]): string[] => found.map(({ item }) => item.studyInstanceUid);

describe("filterRows", () => {
  it("shows a tab", () => {
    expect(uids(filterRows(rows, { tab: "waiting", text: "" }, ""))).toEqual(["1.1"]);
    expect(uids(filterRows(rows, { tab: "mine", text: "" }, "Dr Weber"))).toEqual(["1.2"]);
    expect(uids(filterRows(rows, { tab: "mine", text: "" }, ""))).toEqual([]);
  });

  it("finds every word, in any field, without accents", () => {
    expect(uids(filterRows(rows, { tab: "all", text: "muller b2" }, ""))).toEqual(["1.2"]);
    expect(uids(filterRows(rows, { tab: "all", text: "MÜLLER zz" }, ""))).toEqual([]);
  });

  it("counts the tabs", () => {
    expect(countTabs(rows, "Dr Weber")).toEqual({ all: 3, waiting: 1, flagged: 0, mine: 1, read: 1 });
  });
});
