import { describe, expect, it } from "vitest";

import { fakeFinding, fakeItem } from "../../tests/fixtures/fake-studies.ts";
import { plainItem } from "../../tests/fixtures/plain-item.ts";
import { Draw, randomItem, randomPolicy } from "../../tests/fixtures/random-policies.ts";
import { TIERS, type RankedItem, type WorklistItem } from "../domain/worklist.ts";
import { isSuspected } from "../triage/conditions.ts";
import { DEFAULT_POLICY } from "../triage/policy.ts";
import { rankWorklist } from "../triage/rank.ts";
import { hasWords, searchText, searchWords, type StudyState } from "../triage/search.ts";
import { DueHeap } from "./due-heap.ts";
import { Ranking, READ_STAYS_MS, type RankingQuery } from "./ranking.ts";

const START = Date.parse("2026-03-01T22:00:00Z");

/** A row as one line: comparing thousands of whole rows takes minutes. */
const line = ({ item, rank, priority: { tier, reason } }: RankedItem): string =>
  `${rank} ${item.studyInstanceUid} ${tier} ${reason} ${item.arrivedAt}`;

const WORDS = ["", "1.1", "1.2 1", "no such study"] as const;
const STATES: readonly StudyState[] = ["waiting", "claimed", "read", "scored", "failed", "arriving"];

type Query = Omit<RankingQuery, "offset" | "limit">;

function randomQuery(draw: Draw): Query {
  return {
    text: draw.pick(WORDS),
    ...(draw.chance(0.5) && { tiers: TIERS.filter(() => draw.chance(0.4)) }),
    ...(draw.chance(0.5) && { states: STATES.filter(() => draw.chance(0.4)) }),
    ...(draw.chance(0.3) && { suspected: draw.chance(0.5) }),
  };
}

/** What a page should hold, said row by row. */
function isAskedFor({ item, priority }: RankedItem, { text = "", tiers, states, suspected }: Query): boolean {
  const { reading, analysis } = item;
  return (
    hasWords(searchText(item), searchWords(text)) &&
    (tiers === undefined || (reading !== "read" && tiers.includes(priority.tier))) &&
    (states === undefined || states.includes(reading) || states.includes(analysis)) &&
    (suspected === undefined || isSuspected(item) === suspected)
  );
}

describe("Ranking", () => {
  it("is rankWorklist's order after any changes, by events and by time", () => {
    for (let seed = 0; seed < 12; seed++) {
      const draw = new Draw(seed);
      let policy = randomPolicy(draw);
      let nowMs = START;
      const items = new Map<string, WorklistItem>();
      const ranking = new Ranking(policy);
      for (let step = 0; step < 60; step++) {
        const item = randomItem(draw, `1.${draw.below(30)}`, nowMs);
        items.set(item.studyInstanceUid, item);
        ranking.put(item, nowMs);
        if (draw.chance(0.3)) nowMs += draw.below(3 * 3_600_000);
        if (draw.chance(0.05)) {
          policy = randomPolicy(draw);
          ranking.replaceAll([...items.values()], policy, nowMs);
        }
        const listed = [...items.values()].filter(
          ({ reading, readAt }) => reading !== "read" || Date.parse(readAt ?? "") > nowMs - READ_STAYS_MS,
        );
        const expected = rankWorklist(listed, policy, nowMs);
        expect(ranking.ranked(nowMs).map(line).join("\n")).toBe(expected.map(line).join("\n"));
        expect(ranking.unread).toBe(listed.filter(({ reading }) => reading !== "read").length);
        const { studyInstanceUid: uid } = item;
        const row = expected.find((each) => each.item.studyInstanceUid === uid);
        expect(ranking.rankOf(uid, nowMs)).toEqual(row ?? null);
        const query = randomQuery(draw);
        const { rows, total } = ranking.page({ ...query, offset: 0, limit: 100 }, nowMs);
        expect(total).toBe(rows.length);
        expect(rows.map(line), JSON.stringify(query)).toEqual(
          expected.filter((each) => isAskedFor(each, query)).map(line),
        );
      }
    }
  });

  it("tells each change of tier once, with the place it led to", () => {
    const at = (minutesAgo: number) => new Date(START - minutesAgo * 60_000).toISOString();
    const ranking = new Ranking(DEFAULT_POLICY);
    const a = plainItem({ studyInstanceUid: "a", arrivedAt: at(230) });
    const b = plainItem({ studyInstanceUid: "b", arrivedAt: at(5) });
    ranking.replaceAll([a, b], DEFAULT_POLICY, START, new Map([["a", "routine"]]));
    const told = () =>
      ranking.takeChanges().map((c) => `${c.studyInstanceUid} ${c.tier} ${c.rank}/${c.unread}`);
    expect(told()).toEqual(["b routine 2/2"]);
    ranking.put({ ...b, finding: fakeFinding(0.9) }, START);
    ranking.put({ ...b, finding: fakeFinding(0.9), instanceCount: 2 }, START);
    expect(told()).toEqual(["b critical 1/2"]);
    ranking.advance(START + 10 * 60_000);
    expect(told()).toEqual(["a urgent 2/2"]);
    ranking.put({ ...b, reading: "read", readAt: at(0), finding: fakeFinding(0.9) }, START);
    expect(told()).toEqual(["b null null/1"]);
    expect(told()).toEqual([]);
  });

  describe("page", () => {
    const items = Array.from({ length: 300 }, (_, n) => {
      const reading = (["waiting", "claimed", "read"] as const)[n % 3] ?? "waiting";
      const readAt = reading === "read" ? new Date().toISOString() : null;
      return fakeItem(n, n, { reading, reader: reading === "waiting" ? null : "Dr Weber", readAt });
    });
    const nowMs = Date.now();
    const ranking = new Ranking(DEFAULT_POLICY);
    ranking.replaceAll(items, DEFAULT_POLICY, nowMs);
    const all = rankWorklist(items, DEFAULT_POLICY, nowMs);

    it("is a part of the list, with the places of the whole", () => {
      expect(ranking.page({ offset: 40, limit: 10 }, nowMs)).toEqual({ total: 300, rows: all.slice(40, 50) });
      expect(ranking.page({ offset: 295, limit: 10 }, nowMs).rows).toEqual(all.slice(295));
      expect(ranking.page({ offset: 400, limit: 10 }, nowMs)).toEqual({ total: 300, rows: [] });
    });

    it("holds the rows that the query asks for, whatever it asks", () => {
      const found = (query: object) => {
        const { total, rows } = ranking.page({ offset: 0, limit: 1000, ...query }, nowMs);
        expect(rows).toHaveLength(total);
        return rows;
      };
      const unread = all.filter(({ item }) => item.reading !== "read");
      expect(found({ tiers: ["urgent"] })).toEqual(
        unread.filter(({ priority }) => priority.tier === "urgent"),
      );
      expect(found({ tiers: ["stat", "low"] })).toEqual(
        unread.filter(({ priority: { tier } }) => tier === "stat" || tier === "low"),
      );
      for (const state of ["waiting", "claimed", "read"]) {
        expect(found({ states: [state] })).toEqual(all.filter(({ item }) => item.reading === state));
      }
      expect(found({ states: ["waiting", "claimed"] })).toEqual(unread);
      expect(found({ tiers: ["urgent"], states: ["read"] })).toEqual([]);
      expect(found({ states: ["scored"] })).toEqual(all);
      expect(found({ text: "meier anna" }).length).toBeGreaterThan(0);
      expect(found({ text: "A50017" }).map(({ item }) => item.accessionNumber)).toEqual(["A50017"]);
      expect(found({ reader: "Dr Weber", states: ["claimed"] })).toHaveLength(100);
      expect(found({ suspected: true })).toEqual([]);
      expect(ranking.counts()).toEqual({ all: 300, unread: 200, waiting: 100, suspected: 0 });
    });
  });
});

describe("DueHeap", () => {
  it("gives what is due in order, and nothing before its time", () => {
    const draw = new Draw(7);
    const heap = new DueHeap<number>();
    const dues = Array.from({ length: 500 }, () => draw.below(1000));
    for (const due of dues) heap.add(due, due);
    const taken: number[] = [];
    for (let due = heap.take(600); due !== null; due = heap.take(600)) taken.push(due);
    expect(taken).toEqual(dues.filter((due) => due <= 600).sort((a, b) => a - b));
    expect(heap.nextMs).toBe(Math.min(...dues.filter((due) => due > 600)));
  });
});
