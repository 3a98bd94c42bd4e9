import { afterEach, describe, expect, it } from "vitest";

import { ParameterStore } from "./parameter-store.ts";

const stores: ParameterStore[] = [];
afterEach(() => Promise.all(stores.splice(0).map((store) => store.dispose())));

/** Enough for two threads; the second parameter lies across their border. */
const SIZES = { stem: 900_000, layer: 300_000, head: 900_001 };

function storeOf(threads: number): ParameterStore {
  const initial = Object.entries(SIZES).map(
    ([name, length]) => [name, Float32Array.from({ length }, (_, i) => Math.cos(i))] as const,
  );
  const store = new ParameterStore("adam", new Map(initial), threads);
  for (const [name] of initial) store.get(name).gradient.forEach((_, i, all) => (all[i] = Math.sin(i)));
  stores.push(store);
  return store;
}

describe("ParameterStore", () => {
  it("gives the same values for any number of threads", async () => {
    const [alone, together] = [storeOf(1), storeOf(2)];
    const rateOf = (name: string) => ({ learningRate: name === "head" ? 0.1 : 0.001, weightDecay: 0.01 });
    for (const store of [alone, together]) {
      await store.update(rateOf, 1);
      await store.update(rateOf, 2);
    }
    for (const name of Object.keys(SIZES)) {
      const [a, b] = [alone.get(name), together.get(name)];
      expect(
        Buffer.compare(new Uint8Array(a.values.slice().buffer), new Uint8Array(b.values.slice().buffer)),
      ).toBe(0);
      expect(a.moments.map((moment) => moment.at(-1))).toEqual(b.moments.map((moment) => moment.at(-1)));
    }
    expect(together.get("head").values[1]).not.toBeCloseTo(Math.cos(1), 2);
  });

  it.each(["stem", "head"])("finds a gradient of %s that is no number", async (name) => {
    const store = storeOf(2);
    expect(await store.gradientsAreFinite()).toBe(true);
    store.get(name).gradient[7] = Number.POSITIVE_INFINITY;
    expect(await store.gradientsAreFinite()).toBe(false);
  });
});
