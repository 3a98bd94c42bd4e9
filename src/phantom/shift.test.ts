import { describe, expect, it } from "vitest";

import { BLEEDS } from "./phantom.ts";
import { generateShift, planShift } from "./shift.ts";

describe("planShift", () => {
  it("has each kind of bleed, one chest and mostly normal heads in sixteen studies", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const plan = planShift(16, seed);
      const kinds = plan.map(({ kind }) => kind);
      for (const bleed of BLEEDS) expect(kinds.filter((kind) => kind === bleed)).toHaveLength(1);
      expect(kinds.filter((kind) => kind === "chest")).toHaveLength(1);
      expect(kinds.filter((kind) => kind === "none")).toHaveLength(10);
      expect(kinds[0]).toBe("none");
    }
  });

  it("lets studies arrive one after the other within the evening", () => {
    const times = planShift(20, 7).map(({ arrivesAt }) => arrivesAt);
    expect(times[0]).toBe(0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(1);
  });

  it("keeps to a quarter in a long shift", () => {
    const kinds = planShift(80, 1).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== "none" && kind !== "chest")).toHaveLength(20);
  });
});

describe("generateShift", () => {
  it("makes studies of people who do not exist", { timeout: 120_000 }, () => {
    const [study] = generateShift({ seed: 3, studies: 1 });
    expect(study?.identity.patientName).toMatch(/^Phantom\^/);
    expect(study?.instances.length).toBeGreaterThan(20);
    expect(study?.what).toBe("head, no bleed");
  });
});
