import { describe, expect, it } from "vitest";

import { energyInside, grown, overlapAt, pointsInside, enclosedBy } from "./localisation.ts";

/** A ring of 3 × 3 with a hole, in the middle of 5 × 5. */
const ring = {
  rows: 5,
  columns: 5,
  inside: Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0),
};
const field = (places: Record<number, number>): Float32Array =>
  Float32Array.from({ length: 25 }, (_, i) => places[i] ?? 0);

describe("localisation", () => {
  it("hits where the peak lies in the mask, and an empty map misses", () => {
    expect(pointsInside(field({ 6: 1, 0: 0.5 }), ring)).toBe(true);
    expect(pointsInside(field({ 12: 1 }), ring)).toBe(false);
    expect(pointsInside(field({ 12: 1 }), enclosedBy(ring))).toBe(true);
    expect(pointsInside(field({ 10: 1 }), ring)).toBe(false);
    expect(pointsInside(field({ 10: 1 }), grown(ring, 1))).toBe(true);
    expect(pointsInside(field({}), ring)).toBe(false);
  });

  it("takes in what an open outline encloses, and no more", () => {
    // Without its lower right corner the ring encloses the hole still, but not the corner.
    const inside = ring.inside.slice();
    inside[18] = 0;
    const { inside: filled } = enclosedBy({ ...ring, inside });
    expect([filled[12], filled[18], filled[0]]).toEqual([1, 0, 0]);
  });

  it("counts the share of the map inside", () => {
    expect(energyInside(field({ 6: 3, 0: 1 }), ring)).toBe(0.75);
    expect(energyInside(field({}), ring)).toBe(0);
  });

  it("overlaps by what stands above the threshold", () => {
    // Above one half: two pixels, one of them among the mask's eight: 2 · 1 / (2 + 8) and 1 / 9.
    const { dice, iou } = overlapAt(field({ 6: 1, 0: 0.6, 7: 0.4 }), ring, 0.5);
    expect(dice).toBeCloseTo(0.2, 12);
    expect(iou).toBeCloseTo(1 / 9, 12);
  });
});
