import { describe, expect, it } from "vitest";

import { areaOf, borderPixels, components, distanceTo, flood } from "./morphology.ts";
import type { Mask } from "./morphology.ts";

const mask = (...rows: string[]): Mask => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  inside: Uint8Array.from(rows.join(""), (c) => (c === "#" ? 1 : 0)),
});

describe("distanceTo", () => {
  it("counts 1 a step and 4/3 a diagonal step", () => {
    const distance = distanceTo(mask("#...", "....", "...."));
    const expected = [0, 1, 2, 3, 1, 4 / 3, 7 / 3, 10 / 3, 2, 7 / 3, 8 / 3, 11 / 3];
    expected.forEach((d, i) => expect(distance[i]).toBeCloseTo(d, 5));
  });

  it("is infinite where there is nothing", () => {
    expect([...distanceTo(mask("..", ".."))]).toEqual(Array(4).fill(Number.POSITIVE_INFINITY));
  });
});

describe("flood and components", () => {
  const picture = mask("##..#", "#...#", "..#..", "....#");

  it("joins by edges only, and not around the end of a row", () => {
    expect(components(picture)).toEqual([[0, 1, 5], [4, 9], [12], [19]]);
  });

  it("reaches what connects to the seeds", () => {
    expect(areaOf(flood(picture, [0, 2]))).toBe(3);
    expect(areaOf(flood(picture, borderPixels(4, 5)))).toBe(6);
  });

  it("walks the whole border", () => {
    expect(new Set(borderPixels(3, 4)).size).toBe(10);
  });
});
