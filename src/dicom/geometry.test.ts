import { describe, expect, it } from "vitest";

import type { Slice } from "../domain/slice.ts";
import { headwardNormal, slicePositionMm, tiltFromAxialDegrees, withThickness } from "./geometry.ts";

describe("headwardNormal", () => {
  it("points to the head however the rows and columns run", () => {
    expect(headwardNormal([1, 0, 0, 0, 1, 0])).toEqual([0, 0, 1]);
    expect(headwardNormal([-1, 0, 0, 0, 1, 0])?.[2]).toBe(1);
  });

  it("leans with the gantry", () => {
    // Column direction (0, cos 30°, -sin 30°): the normal is (0, sin 30°, cos 30°).
    const normal = headwardNormal([1, 0, 0, 0, 0.866025, -0.5]);
    expect(normal?.[1]).toBeCloseTo(0.5, 5);
    expect(normal?.[2]).toBeCloseTo(0.866025, 5);
    expect(tiltFromAxialDegrees([1, 0, 0, 0, 0.866025, -0.5])).toBeCloseTo(30, 3);
  });

  it("is null for directions that span no plane", () => {
    expect(headwardNormal([1, 0, 0, 1, 0, 0])).toBeNull();
    expect(headwardNormal([0, 0, 0, 0, 0, 0])).toBeNull();
  });

  it("knows sagittal and coronal planes", () => {
    expect(tiltFromAxialDegrees([0, 1, 0, 0, 0, -1])).toBe(90);
    expect(tiltFromAxialDegrees([1, 0, 0, 0, 0, -1])).toBe(90);
  });
});

describe("slicePositionMm", () => {
  it("projects the position on the normal", () => {
    // normal (0, 0.6, 0.8): 0.6 * 10 + 0.8 * 20 = 22
    expect(
      slicePositionMm({
        imagePositionPatient: [5, 10, 20],
        imageOrientationPatient: [1, 0, 0, 0, 0.8, -0.6],
        sliceLocationMm: 99,
      }),
    ).toBeCloseTo(22, 9);
  });

  it("falls back to the body's axis, then to SliceLocation, then to nothing", () => {
    const none = { imagePositionPatient: null, imageOrientationPatient: null, sliceLocationMm: null };
    expect(slicePositionMm({ ...none, imagePositionPatient: [1, 2, 3], sliceLocationMm: 9 })).toBe(3);
    expect(slicePositionMm({ ...none, sliceLocationMm: 9 })).toBe(9);
    expect(slicePositionMm(none)).toBeNull();
  });
});

it("withThickness gives the distance to the nearest neighbour where the header has none", () => {
  const slice = (positionMm: number, thicknessMm: number | null): Slice => ({
    sopInstanceUid: "1",
    frame: 1,
    rows: 0,
    columns: 0,
    hu: new Int16Array(0),
    spacingMm: [1, 1],
    positionMm,
    thicknessMm,
  });
  const thickness = (...slices: Slice[]): (number | null)[] =>
    withThickness(slices).map((s) => s.thicknessMm);
  expect(thickness(slice(10, null), slice(0, null), slice(4, 7))).toEqual([6, 4, 7]);
  expect(thickness(slice(10, null))).toEqual([null]);
});
