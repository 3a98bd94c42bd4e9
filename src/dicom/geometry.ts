/**
 * @file Where a slice lies (PS3.3 C.7.6.2.1.1): the normal of its plane and the position along it.
 */
import type { Slice } from "../domain/slice.ts";
import type { Orientation, Vector3 } from "./instance.ts";

/**
 * The unit normal of an image plane, turned towards the head: the cross product of row and column directions,
 * negated where it points to the feet. null when the directions are not two different ones.
 */
export function headwardNormal([rx, ry, rz, cx, cy, cz]: Orientation): Vector3 | null {
  const x = ry * cz - rz * cy;
  const y = rz * cx - rx * cz;
  const z = rx * cy - ry * cx;
  const length = Math.hypot(x, y, z);
  if (!(length > 0.1)) return null;
  const scale = (z < 0 ? -1 : 1) / length;
  return [x * scale, y * scale, z * scale];
}

/** Position of a point along a normal, in millimetres. */
export function positionAlong([nx, ny, nz]: Vector3, [x, y, z]: Vector3): number {
  return nx * x + ny * y + nz * z;
}

/** The angle between an image plane and the patient's axial plane, in degrees, 0…90. */
export function tiltFromAxialDegrees(orientation: Orientation): number | null {
  const normal = headwardNormal(orientation);
  return normal === null ? null : (Math.acos(Math.min(1, normal[2])) * 180) / Math.PI;
}

/** What is needed to place a slice. */
export interface Placement {
  readonly imagePositionPatient: Vector3 | null;
  readonly imageOrientationPatient: Orientation | null;
  readonly sliceLocationMm: number | null;
}

/**
 * Position along the normal; along the body where only ImagePositionPatient is known; SliceLocation where not
 * even that is. null when nothing is known.
 */
export function slicePositionMm(placement: Placement): number | null {
  const { imagePositionPatient, imageOrientationPatient, sliceLocationMm } = placement;
  if (imagePositionPatient === null) return sliceLocationMm;
  const normal = imageOrientationPatient === null ? null : headwardNormal(imageOrientationPatient);
  return positionAlong(normal ?? [0, 0, 1], imagePositionPatient);
}

/**
 * The same slices, those without a thickness given the distance to their nearest neighbour. A lone slice keeps
 * null.
 */
export function withThickness(slices: readonly Slice[]): Slice[] {
  const positions = slices.map((slice) => slice.positionMm).sort((a, b) => a - b);
  return slices.map((slice) => {
    if (slice.thicknessMm !== null) return slice;
    const distances = positions
      .map((position) => Math.abs(position - slice.positionMm))
      .filter((mm) => mm > 0);
    return { ...slice, thicknessMm: distances.length === 0 ? null : Math.min(...distances) };
  });
}
