/**
 * @file What the pointing game gives a pointer that needs no network, where what is drawn lies round the finding: a
 * yardstick for hits by the outline alone.
 */
import { distanceTo } from "../../imaging/morphology.ts";
import type { Mask } from "../../imaging/morphology.ts";
import { grown } from "./localisation.ts";

/** A picture whose finding is known, and what was drawn round it. */
export interface OutlinedFinding {
  readonly mask: Mask | null;
  readonly finding: Mask | null;
  readonly pixelMm: number;
}

export interface ReferencePointing {
  /** Share of hits of a pointer to the finding's middle: its pixel farthest from what lies outside. */
  readonly middle: number;
  /** The same of a pointer to any of its pixels, all being as likely. */
  readonly anywhere: number;
  readonly samples: number;
}

/** The pixel of a mask that lies farthest from what is outside it. */
export function deepestPixel({ rows, columns, inside }: Mask): number {
  const depth = distanceTo({ rows, columns, inside: inside.map((is) => 1 - is) });
  return depth.reduce((deepest, pixels, i) => (pixels > (depth[deepest] ?? 0) ? i : deepest), 0);
}

/**
 * Hits by the outline, grown by `toleranceMm`, of pointers to the finding itself.
 * @returns null where every outline is its finding
 */
export function referencePointing(
  samples: readonly OutlinedFinding[],
  toleranceMm: number,
): ReferencePointing | null {
  const each = samples.flatMap(({ mask, finding, pixelMm }) => {
    if (!mask || !finding) return [];
    const near = grown(mask, toleranceMm / pixelMm).inside;
    const pixels = [...finding.inside.keys()].filter((i) => finding.inside[i] === 1);
    const hits = pixels.filter((i) => near[i] === 1).length;
    return [{ middle: near[deepestPixel(finding)] ?? 0, anywhere: hits / Math.max(1, pixels.length) }];
  });
  if (each.length === 0) return null;
  const mean = (of: "middle" | "anywhere"): number =>
    each.reduce((sum, one) => sum + one[of], 0) / each.length;
  return { middle: mean("middle"), anywhere: mean("anywhere"), samples: each.length };
}
