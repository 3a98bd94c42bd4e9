import { describe, expect, it } from "vitest";

import { durationText, driftVerdict, latencyText, shareText } from "./words.ts";

it.each([
  [0.4, "24 s"],
  [6.54, "6.5 min"],
  [48.2, "48 min"],
  [125, "2 h 05"],
])("writes %f minutes as %s", (minutes, text) => {
  expect(durationText(minutes)).toBe(text);
});

it.each([
  [null, "–"],
  [12.4, "12 ms"],
  [3400, "3.4 s"],
  [125_000, "2 min 05"],
])("writes %j milliseconds as %s", (ms, text) => {
  expect(latencyText(ms)).toBe(text);
});

describe("shareText", () => {
  it("says how many, how sure, and that few are few", () => {
    expect(shareText({ count: 8, of: 10, value: 0.8, low: 0.49, high: 0.943 })).toBe(
      "8 of 10, few: 95 % interval 49 % to 94 %",
    );
    expect(shareText({ count: 31, of: 42, value: 31 / 42, low: 0.59, high: 0.846 })).not.toContain("few");
    expect(shareText({ count: 0, of: 0, value: null, low: 0, high: 1 })).toBe("nobody has judged one yet");
  });
});

it("says that few are too few", () => {
  const few = { name: "kernel", psi: null, noise: null, verdict: "few", bins: [] } as const;
  expect(driftVerdict({ ...few, referenceCount: 21, currentCount: 9 })).toBe(
    "Too few to say (9 now, 21 before)",
  );
});
