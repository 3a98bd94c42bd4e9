import { describe, expect, it } from "vitest";

import type { SliceDetail } from "../../domain/api.ts";
import { SliceStore } from "./slice-store.ts";
import type { LoadedSlice } from "./slice-store.ts";

const slices = Array.from({ length: 100 }, (_, index) => ({ index }) as SliceDetail);

/** A source whose slices arrive when the test says so. */
function heldSource() {
  const asked: number[] = [];
  const aborted: number[] = [];
  const answer = new Map<number, (loaded: LoadedSlice) => void>();
  const fail = new Map<number, (error: Error) => void>();
  return {
    asked,
    aborted,
    fail,
    load({ index }: SliceDetail, signal: AbortSignal): Promise<LoadedSlice> {
      asked.push(index);
      signal.addEventListener("abort", () => aborted.push(index));
      return new Promise((resolve, reject) => {
        answer.set(index, resolve);
        fail.set(index, reject);
      });
    },
    async arrive(index: number): Promise<void> {
      answer.get(index)?.({ hu: new Int16Array(50), saliency: null });
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

const limits = { ahead: 3, behind: 1, atOnce: 2, bytes: 400 };

describe("SliceStore", () => {
  it("loads the slice in sight first, then its neighbours, a few at a time", async () => {
    const source = heldSource();
    const store = new SliceStore(source, slices, limits);
    store.focus(50);
    expect(source.asked).toEqual([50, 51]);
    await source.arrive(50);
    expect(store.get(50)?.hu.length).toBe(50);
    expect(source.asked).toEqual([50, 51, 49]);
  });

  it("drops what a jump made useless and never lets the slice in sight wait", () => {
    const source = heldSource();
    const store = new SliceStore(source, slices, limits);
    store.focus(10);
    store.focus(60);
    expect(source.aborted).toEqual([10, 11]);
    expect(source.asked.slice(2)).toEqual([60, 61]);
    store.focus(63);
    expect(source.asked.slice(4)).toEqual([63, 64]);
  });

  it("forgets the furthest when the budget of four slices is full", async () => {
    const source = heldSource();
    const store = new SliceStore(source, slices, limits);
    for (const index of [10, 11, 12, 13, 14, 15]) {
      store.focus(index);
      await source.arrive(index);
    }
    expect(store.loadedCount).toBe(4);
    expect([store.get(10), store.get(15) !== undefined]).toEqual([undefined, true]);
  });

  it("keeps the reason of a failure and tries again when the slice is asked for again", async () => {
    const source = heldSource();
    const store = new SliceStore(source, slices, limits);
    store.focus(5);
    source.fail.get(5)?.(new Error("Slice 6: truncated"));
    await new Promise((resolve) => setTimeout(resolve));
    expect(store.problem(5)).toBe("Slice 6: truncated");
    store.focus(5);
    expect([store.problem(5), source.asked.filter((index) => index === 5).length]).toEqual([undefined, 2]);
  });

  it("loads nothing once closed", async () => {
    const source = heldSource();
    const store = new SliceStore(source, slices, limits);
    store.focus(5);
    store.close();
    await source.arrive(5);
    expect([store.loadedCount, source.asked.length]).toEqual([0, 2]);
  });
});
