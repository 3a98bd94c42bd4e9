import { describe, expect, it } from "vitest";

import { binormalSensitivity, normalCdf, normalQuantile, operatingPoint, rocArea, rocCurve } from "./roc.ts";

describe("the normal distribution", () => {
  // Abramowitz and Stegun, table 26.1.
  it.each([
    [0, 0.5],
    [1, 0.841344746],
    [1.96, 0.975002105],
    [-2.5, 0.006209665],
  ])("at %f is %f", (z, p) => {
    expect(Math.abs(normalCdf(z) - p)).toBeLessThan(2e-7);
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-5);
  });
});

describe("binormalSensitivity", () => {
  it("is the diagonal without skill, and crosses the other diagonal at Φ(d′/2)", () => {
    expect(binormalSensitivity(0.5, 0.7)).toBeCloseTo(0.3, 6);
    // Area Φ(2/√2) = 0.921350: d′ = 2, sensitivity = specificity = Φ(1).
    expect(binormalSensitivity(0.9213504, 0.8413447)).toBeCloseTo(0.8413447, 4);
  });
  it("ends in the corners", () => {
    expect([binormalSensitivity(0.9, 0), binormalSensitivity(0.9, 1)]).toEqual([1, 0]);
  });
  it("refuses a perfect curve", () => {
    expect(() => binormalSensitivity(1, 0.5)).toThrow("0.5 or more and below 1 is expected, not 1");
  });
});

describe("measured curves", () => {
  const cases = [
    { probability: 0.9, isDiseased: true },
    { probability: 0.4, isDiseased: true },
    { probability: 0.4, isDiseased: false },
    { probability: 0.1, isDiseased: false },
  ];
  it("counts from the threshold on", () => {
    expect(operatingPoint(cases, 0.4)).toEqual({ threshold: 0.4, sensitivity: 1, specificity: 0.5 });
    expect(rocCurve(cases).map(({ sensitivity }) => sensitivity)).toEqual([0.5, 1, 1]);
  });
  it("counts ties by half", () => {
    // 0.9 beats both, 0.4 ties with one and beats the other: 3.5 of 4.
    expect(rocArea(cases)).toBe(3.5 / 4);
  });
});
