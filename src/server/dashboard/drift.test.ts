import { describe, expect, it } from "vitest";

import type { DistributionRow } from "../../store/history.ts";
import { OTHERS, chiSquare95, driftOf, stabilityIndex } from "./drift.ts";

const rows = (counts: Readonly<Record<string, number>>, name = "kernel"): DistributionRow[] =>
  Object.entries(counts).map(([value, count]) => ({ name, value, count }));

it("knows chi-square's 95 % quantile", () => {
  // R: qchisq(0.95, c(1, 5, 9)).
  for (const [degrees, quantile] of [
    [1, 3.841],
    [5, 11.07],
    [9, 16.919],
  ] as const) {
    expect(Math.abs(chiSquare95(degrees) / quantile - 1)).toBeLessThan(0.03);
  }
});

it("sums (q − p) ln(q / p)", () => {
  const bins = [
    { value: "a", reference: 5000, current: 2500 },
    { value: "b", reference: 5000, current: 7500 },
  ];
  // 0.25 ln 2 + 0.25 ln 1.5 = 0.27465; the smoothing moves the fourth digit.
  expect(stabilityIndex(bins)).toBeCloseTo(0.27465, 3);
});

describe("driftOf", () => {
  it("says that there are too few", () => {
    const drift = driftOf("kernel", rows({ H30: 400 }), rows({ H30: 29 }));
    expect(drift).toMatchObject({ verdict: "few", psi: null, currentCount: 29, referenceCount: 400 });
  });

  it("calls a new scanner a change", () => {
    const drift = driftOf("kernel", rows({ H30: 300, H40: 300 }), rows({ H30: 100, Soft: 200 }));
    expect(drift.verdict).toBe("changed");
    expect(drift.bins.map(({ value }) => value)).toEqual(["H30", "H40", "Soft"]);
  });

  it("does not call chance a change", () => {
    // 40 studies in ten equal bins of 4 ± 2: an index of 0.2, of which chance explains 0.45.
    const tenths = (count: (i: number) => number) =>
      rows(Object.fromEntries(Array.from({ length: 10 }, (_v, i) => [String(i), count(i)])), "score");
    const drift = driftOf(
      "score",
      tenths(() => 100),
      tenths((i) => (i % 2 === 0 ? 2 : 6)),
    );
    expect(drift.psi).toBeGreaterThan(0.1);
    expect(drift.noise).toBeGreaterThan(drift.psi ?? 0);
    expect(drift.verdict).toBe("steady");
    expect(drift.bins.map(({ value }) => value)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  it("counts rare values as one", () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_v, i) => [`K${i}`, 100 - i]));
    const { bins } = driftOf("kernel", rows(many), rows(many));
    expect(bins).toHaveLength(9);
    expect(bins.at(-1)).toEqual({ value: OTHERS, reference: 92 + 91 + 90 + 89, current: 92 + 91 + 90 + 89 });
  });
});
