import { describe, expect, it } from "vitest";

import type { WorklistItem } from "../../domain/worklist.ts";
import { DEFAULT_POLICY } from "../../triage/policy.ts";
import { MOVE_SHOWN_MS, WorklistStore } from "./worklist.ts";

const POLICY = { policy: DEFAULT_POLICY, version: "default@0", since: "", problem: "" };
const START = Date.parse("2026-03-01T22:00:00Z");

function item(uid: string, minutesAgo: number, probability: number | null = 0.04): WorklistItem {
  const at = new Date(START - minutesAgo * 60_000).toISOString();
  return {
    studyInstanceUid: uid,
    patient: { name: uid, id: "", sex: "", age: "" },
    accessionNumber: "",
    description: "",
    orderPriority: "routine",
    patientClass: "unknown",
    studyAt: null,
    studiedAt: null,
    attributes: {},
    override: null,
    arrivedAt: at,
    lastInstanceAt: at,
    instanceCount: 30,
    analysis: probability === null ? "scoring" : "scored",
    analysisReason: "",
    skippedCount: 0,
    finding:
      probability === null
        ? null
        : {
            model: { name: "m", version: "1" },
            label: probability >= 0.5 ? "hemorrhage" : "normal",
            probability,
            flagged: probability >= 0.5,
            threshold: 0.5,
            sliceCount: 30,
            suspiciousSliceCount: 0,
            peakSliceIndex: 3,
          },
    reading: "waiting",
    reader: null,
    claimedAt: null,
    readAt: null,
    feedback: null,
  };
}

function storeAt() {
  const clock = { nowMs: START };
  const frames: (() => void)[] = [];
  const store = new WorklistStore(
    DEFAULT_POLICY,
    () => clock.nowMs,
    (task) => frames.push(task),
  );
  const frame = (): void => frames.splice(0).forEach((task) => task());
  const order = (): string[] => store.snapshot().ranked.map((row) => row.item.studyInstanceUid);
  return { clock, frames, store, frame, order };
}

describe("WorklistStore", () => {
  it("moves a study up when its finding arrives, and says by how much", () => {
    const { store, frame, order } = storeAt();
    const items = [item("a", 30), item("b", 20), item("c", 10, null)];
    store.replaceAll({ now: "", model: null, policy: POLICY, items }, new Set());
    expect(order()).toEqual(["a", "b", "c"]);
    expect(store.snapshot().moves.size).toBe(0);
    store.upsert(item("c", 10, 0.93));
    frame();
    expect(order()).toEqual(["c", "a", "b"]);
    expect([...store.snapshot().moves.values()]).toEqual([{ uid: "c", up: 2, rank: 1, atMs: START }]);
  });

  it("ranks a burst of events once, with the next frame", () => {
    const { store, frames } = storeAt();
    store.replaceAll({ now: "", model: null, policy: POLICY, items: [item("a", 30)] }, new Set());
    for (const uid of ["b", "c", "d"]) store.upsert(item(uid, 5));
    expect(frames.length).toBe(1);
  });

  it("keeps what came as an event while the list was on its way", () => {
    const { store, order } = storeAt();
    store.upsert(item("b", 10, 0.93));
    store.replaceAll(
      { now: "", model: null, policy: POLICY, items: [item("a", 30), item("b", 10, null)] },
      new Set(["b"]),
    );
    expect(order()).toEqual(["b", "a"]);
  });

  it("promotes what has waited too long without an event", () => {
    const { clock, store, order } = storeAt();
    store.replaceAll(
      { now: "", model: null, policy: POLICY, items: [item("old", 239), item("bleed", 1, 0.9)] },
      new Set(),
    );
    const before = store.snapshot().byUid.get("old")?.priority.tier;
    clock.nowMs += 2 * 60_000;
    store.refresh();
    expect([before, store.snapshot().byUid.get("old")?.priority.tier]).toEqual(["routine", "urgent"]);
    expect(order()).toEqual(["bleed", "old"]);
  });

  it("leaves rows that did not change as the same objects, and is silent when nothing changed", () => {
    const { clock, store, frame } = storeAt();
    store.replaceAll(
      { now: "", model: null, policy: POLICY, items: [item("a", 30), item("b", 20)] },
      new Set(),
    );
    const a = store.snapshot().byUid.get("a");
    store.upsert({ ...item("b", 20), instanceCount: 31 });
    frame();
    expect(store.snapshot().byUid.get("a")).toBe(a);
    const snapshot = store.snapshot();
    clock.nowMs += 1000;
    store.refresh();
    expect(store.snapshot()).toBe(snapshot);
  });

  it("keeps a progress that overtakes the row it belongs to, until the scoring ends", () => {
    const { store } = storeAt();
    store.replaceAll({ now: "", model: null, policy: POLICY, items: [] }, new Set());
    store.setProgress("a", { done: 0, total: 3 });
    store.upsert({ ...item("a", 1, null), analysis: "settled" });
    store.upsert(item("a", 1, null));
    expect(store.progressOf("a")).toEqual({ done: 0, total: 3 });
    store.upsert(item("a", 1, 0.1));
    expect(store.progressOf("a")).toBeUndefined();
  });

  it("forgets a move after its time", () => {
    const { clock, store, frame } = storeAt();
    store.replaceAll(
      { now: "", model: null, policy: POLICY, items: [item("a", 30), item("b", 20, null)] },
      new Set(),
    );
    store.upsert(item("b", 20, 0.9));
    frame();
    clock.nowMs += MOVE_SHOWN_MS;
    store.refresh();
    expect(store.snapshot().moves.size).toBe(0);
  });

  it("keeps the rows when a later load fails", () => {
    const { store, order } = storeAt();
    store.replaceAll({ now: "", model: null, policy: POLICY, items: [item("a", 30)] }, new Set());
    store.setProblem("The server does not answer.");
    expect([store.snapshot().status, order()]).toEqual(["ready", ["a"]]);
  });
});
