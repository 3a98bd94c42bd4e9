import { describe, expect, it } from "vitest";

import { tickText, ticksOf } from "./ticks.ts";

describe("ticksOf", () => {
  it("covers the values in steps of 1, 2 or 5", () => {
    expect(ticksOf(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf(0.13, 0.71)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(ticksOf(1, 40)).toEqual([0, 10, 20, 30, 40]);
  });

  it("covers one value too", () => {
    expect(ticksOf(2, 2)).toEqual([1, 1.5, 2, 2.5, 3]);
    expect(ticksOf(0, 0)).toContain(0);
  });

  it("takes powers of ten on a logarithmic axis, finer ones where there are few", () => {
    expect(ticksOf(1e-5, 0.1, "log")).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 1e-1]);
    expect(ticksOf(0.003, 0.04, "log")).toEqual([0.002, 0.005, 0.01, 0.02, 0.05]);
    expect(() => ticksOf(0, 1, "log")).toThrow("above 0, got 0");
  });
});

describe("tickText", () => {
  it("is short", () => {
    expect([0, 0.25, 0.1 + 0.2, 1000, 1e-4, 200_000].map(tickText)).toEqual([
      "0",
      "0.25",
      "0.3",
      "1000",
      "1e-4",
      "2e5",
    ]);
  });
});
