/**
 * @file What is bright or out of place and not blood: drawn onto slices with and without a bleed, so that neither
 * brightness nor having been drawn on says "blood".
 */
import type { Random } from "../../../src/phantom/random.ts";
import type { Canvas } from "./canvas.ts";
import { boneSpur, calcium, contrast, falxAndSinus } from "./dense.ts";
import type { Decorate } from "./dense.ts";
import { straightSinus, tentorium, transverseSinuses } from "./dura.ts";
import { enhancedHead } from "./enhanced.ts";
import { denseTissue, infarct, oldLayer, rim, shading, slopingSkull } from "./faint.ts";
import { boneTops } from "./skull-base.ts";
import { wideSulci } from "./sulci.ts";
import { surfaceVeins } from "./veins.ts";
import { backHorns, plexus } from "./ventricles.ts";

/** Each look-alike with how often a slice has it. */
const LOOK_ALIKES: readonly (readonly [chance: number, decorate: Decorate])[] = [
  [0.3, backHorns],
  [0.3, plexus],
  [0.25, calcium],
  [0.08, contrast],
  [0.35, falxAndSinus],
  [0.2, tentorium],
  [0.2, straightSinus],
  [0.15, transverseSinuses],
  [0.4, rim],
  [0.15, slopingSkull],
  [0.25, boneSpur],
  [0.15, boneTops],
  [0.5, shading],
  [0.15, infarct],
  [0.12, oldLayer],
  [0.2, denseTissue],
  [0.4, surfaceVeins],
];

/** How often the brain is a shrunken one. Its sulci come first: vessels run in them, and blood lies in them. */
const WIDE_SULCI = 0.35;

/**
 * Draws some of them. Those that lie beneath a bleed are drawn before it.
 * @param enhanced how often the whole head has contrast
 */
export function drawLookAlikes(canvas: Canvas, random: Random, enhanced: number): void {
  const sulci = random.fork(LOOK_ALIKES.length + 1);
  if (sulci.chance(WIDE_SULCI)) wideSulci(canvas, sulci);
  const contrastGiven = random.fork(LOOK_ALIKES.length);
  if (contrastGiven.chance(enhanced)) enhancedHead(canvas, contrastGiven);
  LOOK_ALIKES.forEach(([chance, decorate], i) => {
    const own = random.fork(i);
    if (own.chance(chance)) decorate(canvas, own);
  });
}
