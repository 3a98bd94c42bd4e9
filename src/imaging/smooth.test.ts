import { describe, expect, it } from "vitest";

import { MedianCounter } from "./median.ts";
import { grainWithin, smoothWithin } from "./smooth.ts";

/** Normal numbers by Box and Muller from the minimal standard generator (Park and Miller 1988). */
function normals(count: number): number[] {
  let state = 42;
  const next = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  return Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  );
}

const whole = (rows: number, columns: number) => ({
  rows,
  columns,
  inside: new Uint8Array(rows * columns).fill(1),
});

describe("smoothWithin", () => {
  it("keeps a constant up to the edge of the mask, whatever lies beyond", () => {
    const inside = Uint8Array.of(0, 1, 1, 1, 1, 0);
    const image = { rows: 1, columns: 6, values: Float32Array.of(1000, 7, 7, 7, 7, -1000) };
    const { values } = smoothWithin(image, { rows: 1, columns: 6, inside }, 1.5);
    [0, 7, 7, 7, 7, 0].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 4));
  });

  it("spreads a point as a Gaussian", () => {
    const image = { rows: 9, columns: 9, values: new Float32Array(81) };
    image.values[40] = 1;
    const { values } = smoothWithin(image, whole(9, 9), 1);
    expect((values[41] ?? 0) / (values[40] ?? 1)).toBeCloseTo(Math.exp(-0.5), 4);
    expect((values[49] ?? 0) / (values[40] ?? 1)).toBeCloseTo(Math.exp(-0.5), 4);
  });

  it("does nothing but mask for a deviation of 0", () => {
    const image = { rows: 1, columns: 2, values: Float32Array.of(3, 4) };
    expect([...smoothWithin(image, { rows: 1, columns: 2, inside: Uint8Array.of(1, 0) }, 0).values]).toEqual([
      3, 0,
    ]);
  });
});

describe("grainWithin", () => {
  it("is the deviation of white noise", () => {
    const values = Float32Array.from(normals(40_000), (z) => 30 + 5 * z);
    expect(grainWithin({ rows: 200, columns: 200, values }, whole(200, 200))).toBeCloseTo(5, 0);
  });

  it("does not see a slope, and says 0 of too few pixels", () => {
    const slope = Float32Array.from({ length: 900 }, (_, i) => i % 30);
    expect(grainWithin({ rows: 30, columns: 30, values: slope }, whole(30, 30))).toBe(0);
    expect(grainWithin({ rows: 3, columns: 3, values: slope.subarray(0, 9) }, whole(3, 3))).toBe(0);
  });
});

describe("MedianCounter", () => {
  it("gives the middle value to within its step, and NaN of nothing", () => {
    const counter = new MedianCounter(0, 10, 0.5);
    expect(counter.median()).toBeNaN();
    for (const value of [9, 1.2, 3.3, 100, -5]) counter.add(value);
    expect(counter.count).toBe(5);
    expect(counter.median()).toBe(3.5);
  });
});
