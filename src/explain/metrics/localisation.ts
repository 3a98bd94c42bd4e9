/**
 * @file Whether a map lies where the finding is, for images whose finding is outlined: the pointing game (Zhang et al.
 * 2016, arXiv 1608.00507), the share of the map inside the outline, and the overlap of the map above a threshold.
 */
import type { Mask } from "../../imaging/morphology.ts";
import { distanceTo } from "../../imaging/morphology.ts";

type Place = readonly [row: number, column: number];

/** Twice the area of the triangle, positive for a turn to the left. */
function turn([ar, ac]: Place, [br, bc]: Place, [cr, cc]: Place): number {
  return (br - ar) * (cc - ac) - (bc - ac) * (cr - ar);
}

/** One side of the hull of places in order (Andrew 1979, the monotone chain). */
function chain(places: readonly Place[]): Place[] {
  const found: Place[] = [];
  for (const place of places) {
    for (;;) {
      const [before, last] = found.slice(-2);
      if (!before || !last || turn(before, last, place) > 0) break;
      found.pop();
    }
    found.push(place);
  }
  return found.slice(0, -1);
}

/** The convex hull of a mask: of an outline round a finding, even an open one, the finding too. */
export function enclosedBy({ rows, columns, inside }: Mask): Mask {
  const places = [...inside.keys()]
    .filter((i) => inside[i] === 1)
    .map((i): Place => [Math.floor(i / columns), i % columns]);
  const corners = [...chain(places), ...chain(places.toReversed())];
  const filled = inside.slice();
  if (corners.length > 2) {
    for (let i = 0; i < filled.length; i++) {
      const place: Place = [Math.floor(i / columns), i % columns];
      const isIn = corners.every((corner, k) => {
        const next = corners[(k + 1) % corners.length] ?? corner;
        return turn(corner, next, place) >= 0;
      });
      if (isIn) filled[i] = 1;
    }
  }
  return { rows, columns, inside: filled };
}

/** A mask grown by a distance in pixels. */
export function grown(mask: Mask, pixels: number): Mask {
  const distance = distanceTo(mask);
  return { ...mask, inside: Uint8Array.from(distance, (value) => (value <= pixels ? 1 : 0)) };
}

/** Whether the highest pixel is inside the mask; of equals the first counts. An empty map points nowhere. */
export function pointsInside(field: Float32Array, { inside }: Mask): boolean {
  let peak = 0;
  let place = -1;
  field.forEach((value, i) => {
    if (value > peak) [peak, place] = [value, i];
  });
  return place >= 0 && inside[place] === 1;
}

/** Share of the map's sum that lies inside; 0 for an empty map. */
export function energyInside(field: Float32Array, { inside }: Mask): number {
  let [within, all] = [0, 0];
  field.forEach((value, i) => {
    all += value;
    if (inside[i] === 1) within += value;
  });
  return all > 0 ? within / all : 0;
}

export interface Overlap {
  readonly dice: number;
  /** Intersection over union. */
  readonly iou: number;
}

/** Overlap of a mask and of what stands at or above a threshold. @param field 0…1 */
export function overlapAt(field: Float32Array, { inside }: Mask, threshold: number): Overlap {
  let [both, above, mask] = [0, 0, 0];
  field.forEach((value, i) => {
    const isAbove = value >= threshold;
    const isInside = inside[i] === 1;
    if (isAbove) above++;
    if (isInside) mask++;
    if (isAbove && isInside) both++;
  });
  const union = above + mask - both;
  return { dice: above + mask > 0 ? (2 * both) / (above + mask) : 0, iou: union > 0 ? both / union : 0 };
}
