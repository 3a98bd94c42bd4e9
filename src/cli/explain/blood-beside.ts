/**
 * @file The blood that PHE-SICH's outlines lie round: they follow the oedema, on one side, in pieces, or all round it.
 */
import { enclosedBy } from "../../explain/metrics/localisation.ts";
import { distanceTo, flood } from "../../imaging/morphology.ts";
import type { Mask } from "../../imaging/morphology.ts";
import { HEAD_CT_WINDOWS } from "../../domain/slice.ts";
import { windowHu } from "../../imaging/window.ts";

/** Blood is at least this much denser than the median of brain, in HU; grey matter lies within 5. */
const DENSER_HU = 10;
/** Between an outline of oedema and its blood there may be so much. */
const BESIDE_MM = 5;
/** Bone makes the rim of the inside of the skull denser than it is. */
const RIM_MM = 4;

/**
 * The finding of a prepared picture: what the outline encloses (its convex hull), and dense tissue that reaches to
 * within 5 mm of the outline.
 * @param rgb `[size, size, 3]` as the network is shown it, brain's median at `brainHu`
 */
export function withBloodBeside(
  rgb: Uint8Array,
  outline: Mask,
  { pixelMm, brainHu }: { readonly pixelMm: number; readonly brainHu: number },
): Mask {
  const { rows, columns } = outline;
  const [brain = { centerHu: 40, widthHu: 80 }] = HEAD_CT_WINDOWS;
  const dense = windowHu(brainHu + DENSER_HU, brain);
  // Outside the skull all three windows are black; inside, the second never is.
  const outside = Uint8Array.from({ length: rows * columns }, (_, i) => (rgb[3 * i + 1] === 0 ? 1 : 0));
  const toRim = distanceTo({ rows, columns, inside: outside });
  const inside = outside.map((_, i) =>
    (rgb[3 * i] ?? 0) >= dense && (toRim[i] ?? 0) * pixelMm >= RIM_MM ? 1 : 0,
  );
  const toOutline = distanceTo(outline);
  const beside = [...toOutline.keys()].filter((i) => (toOutline[i] ?? 0) * pixelMm <= BESIDE_MM);
  const blood = flood({ rows, columns, inside }, beside);
  const enclosed = enclosedBy(outline);
  return { rows, columns, inside: enclosed.inside.map((is, i) => (is === 1 ? 1 : (blood.inside[i] ?? 0))) };
}
