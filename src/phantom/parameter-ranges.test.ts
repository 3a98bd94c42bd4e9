import { expect, it } from "vitest";

import { drawRanges, parameterHelp, parseParameterRange } from "./parameter-ranges.ts";

it("reads values, ranges and surgery, one after the other", () => {
  const ranges = parseParameterRange(
    "surgery=shunt",
    parseParameterRange("noiseHu=2..8", parseParameterRange("rows=256")),
  );
  expect(ranges).toEqual({ rows: [256, 256], noiseHu: [2, 8], surgery: "shunt" });
});

it("says what there is", () => {
  expect(() => parseParameterRange("noise=3")).toThrow(
    /no parameter "noise"; expected surgery, dentalMetal, rows, .*noiseHu/,
  );
  expect(() => parseParameterRange("noiseHu=-1")).toThrow(
    'noiseHu is a number or a range within 0..30, not "-1"',
  );
  expect(() => parseParameterRange("noiseHu=8..2")).toThrow("noiseHu is a number or a range");
  expect(() => parseParameterRange("noiseHu=")).toThrow("noiseHu is a number or a range");
  expect(() => parseParameterRange("surgery=brain")).toThrow("surgery is one of none, burr-hole");
});

it("draws evenly, the same for the same seed, whole where only whole makes sense", () => {
  const ranges = parseParameterRange("noiseHu=2..8", parseParameterRange("rows=100..300"));
  const drawn = Array.from({ length: 200 }, (_, seed) => drawRanges(ranges, seed));
  const noise = drawn.map(({ noiseHu = 0 }) => noiseHu);
  expect(Math.min(...noise)).toBeGreaterThanOrEqual(2);
  expect(Math.max(...noise)).toBeLessThan(8);
  // Mean of an even distribution 5, deviation of the mean of 200 is 0.12.
  expect(Math.abs(noise.reduce((a, b) => a + b, 0) / 200 - 5)).toBeLessThan(0.5);
  expect(drawn.every(({ rows = 1 }) => rows % 2 === 0)).toBe(true);
  expect(drawRanges(ranges, 7)).toEqual(drawRanges(ranges, 7));
});

it("takes a switch, and tells in help every parameter with its limits", () => {
  expect(drawRanges(parseParameterRange("dentalMetal=true"), 1)).toEqual({ dentalMetal: true });
  expect(() => parseParameterRange("dentalMetal=2")).toThrow('dentalMetal is true or false, not "2"');
  const help = parameterHelp();
  expect(help).toMatch(/^ {2}partialVolume +0\.\.1 +bone beside a slice/m);
  expect(help).toMatch(/^ {2}gantryTiltDeg +-30\.\.30$/m);
  expect(help).toContain("craniotomy");
});
