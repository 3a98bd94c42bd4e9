/**
 * @file The inside of the skull on one axial CT image, and the square that frames it.
 *
 * Table, head rest, scalp, face and skull differ between scanners and say nothing about a bleed, so the network is
 * shown the intracranial space alone. Found image by image: bone by threshold, gaps in it (foramina, sutures, a
 * burr hole) sealed by growing the bone, then what the border cannot reach, kept where it looks like brain. An
 * operated skull with a wide defect is sealed by growing the bone farther. Pure.
 */
import type { Grid } from "./resize.ts";
import { MedianCounter } from "./median.ts";
import type { Mask } from "./morphology.ts";
import { areaOf, borderPixels, components, distanceTo, flood } from "./morphology.ts";

/** Denser is bone: clots stay below 100 HU, the inner table averaged over 5 mm lies above 200. */
export const BONE_HU = 150;

/** A hole in the brain up to this area is calcium or a shunt with its margin, not skull: it is filled. */
const LARGEST_HOLE_MM2 = 100;

/** How far bone is grown to seal it: as a rule, and for a skull with a defect. */
const SEAL_MM = 4;
const WIDE_SEAL_MM = 14;
/** The wide seal is tried where less than this is found, and believed where it finds so many times the area. */
const SUSPICIOUS_MM2 = 8000;
const DEFECT_RATIO = 1.5;

/** Bone and the partial volume beside it are left out by this much. */
const MARGIN_MM = 1.9;

/** Parts of the inside joined by a bridge narrower than twice this are judged apart (orbit, sinus, brain). */
const BRIDGE_MM = 3;

/** A part of the inside counts from this area, and the image from this area in all. */
const SMALLEST_PART_MM2 = 400;
const SMALLEST_BRAIN_MM2 = 4000;

/** Brain, CSF and blood lie in this range; fat and air (orbits, sinuses) below it. */
const TISSUE_HU = [-15, 120] as const;
/** The median of brain is 25..40 HU, of muscle (temporal and infratemporal fossa) 50..65. */
const LARGEST_MEDIAN_HU = 47;

/** Whether a part of the inside looks like brain, with or without blood, and not like muscle or a sliver. */
function looksLikeBrain({ values }: Grid, pixels: readonly number[], pixelMm: number): boolean {
  if (pixels.length * pixelMm * pixelMm < SMALLEST_PART_MM2) return false;
  const tissue = new MedianCounter(TISSUE_HU[0], TISSUE_HU[1], 0.5);
  for (const i of pixels) tissue.add(values[i] ?? 0);
  return tissue.median() <= LARGEST_MEDIAN_HU;
}

/** The parts of a space that look like brain. */
function brainWithin(image: Grid, space: Mask, pixelMm: number): Mask {
  const { rows, columns } = space;
  const tissue: Mask = { rows, columns, inside: new Uint8Array(rows * columns) };
  for (let i = 0; i < tissue.inside.length; i++) {
    const hu = image.values[i] ?? 0;
    tissue.inside[i] = space.inside[i] === 1 && hu >= TISSUE_HU[0] && hu <= TISSUE_HU[1] ? 1 : 0;
  }
  fillHoles(tissue, pixelMm);
  const toRest = distanceTo({ rows, columns, inside: tissue.inside.map((is) => 1 - is) });
  const deep: Mask = { rows, columns, inside: new Uint8Array(rows * columns) };
  for (let i = 0; i < toRest.length; i++) deep.inside[i] = (toRest[i] ?? 0) * pixelMm > BRIDGE_MM ? 1 : 0;
  const kept: Mask = { rows, columns, inside: new Uint8Array(rows * columns) };
  for (const part of components(deep))
    if (looksLikeBrain(image, part, pixelMm)) for (const i of part) kept.inside[i] = 1;
  const toKept = distanceTo(kept);
  for (let i = 0; i < toKept.length; i++)
    kept.inside[i] = tissue.inside[i] === 1 && (toKept[i] ?? 0) * pixelMm <= BRIDGE_MM + pixelMm ? 1 : 0;
  return kept;
}

/** Bone, and anything else as dense. */
function denseOf({ rows, columns, values }: Grid): Mask {
  const inside = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) inside[i] = (values[i] ?? 0) >= BONE_HU ? 1 : 0;
  return { rows, columns, inside };
}

/** Takes the small holes of a mask into it. */
function fillHoles({ rows, columns, inside }: Mask, pixelMm: number): void {
  const rest = { rows, columns, inside: new Uint8Array(inside.length) };
  for (let i = 0; i < inside.length; i++) rest.inside[i] = inside[i] === 1 ? 0 : 1;
  for (const hole of components(rest))
    if (hole.length * pixelMm * pixelMm <= LARGEST_HOLE_MM2) for (const i of hole) inside[i] = 1;
}

/** What the skull encloses once it has been grown by `sealPixels` and shrunk again. */
function enclosed({ rows, columns }: Mask, toSkull: Float32Array, sealPixels: number): Mask {
  const inside = new Uint8Array(toSkull.length);
  for (let i = 0; i < inside.length; i++) inside[i] = (toSkull[i] ?? 0) > sealPixels ? 1 : 0;
  const core: Mask = { rows, columns, inside };
  const outside = flood(core, borderPixels(rows, columns)).inside;
  for (let i = 0; i < inside.length; i++) if (outside[i] === 1) inside[i] = 0;
  const toCore = distanceTo(core);
  for (let i = 0; i < inside.length; i++) inside[i] = (toCore[i] ?? 0) <= sealPixels ? 1 : 0;
  return core;
}

function coarseMask(image: Grid, pixelMm: number): Mask {
  const skull = denseOf(image);
  const toSkull = distanceTo(skull);
  const within = (sealMm: number): Mask => {
    const space = enclosed(skull, toSkull, sealMm / pixelMm);
    const { inside } = space;
    for (let i = 0; i < inside.length; i++) if ((toSkull[i] ?? 0) * pixelMm <= MARGIN_MM) inside[i] = 0;
    return brainWithin(image, space, pixelMm);
  };
  const areaMm2 = (mask: Mask): number => areaOf(mask) * pixelMm * pixelMm;
  let brain = within(SEAL_MM);
  if (areaMm2(brain) < SUSPICIOUS_MM2) {
    const wide = within(WIDE_SEAL_MM);
    if (areaMm2(wide) > Math.max(SUSPICIOUS_MM2, DEFECT_RATIO * areaMm2(brain))) brain = wide;
  }
  fillHoles(brain, pixelMm);
  return areaMm2(brain) < SMALLEST_BRAIN_MM2
    ? { ...brain, inside: new Uint8Array(brain.inside.length) }
    : brain;
}

/** The image at half its rows and columns: means of 2 × 2 pixels (an odd last row or column is left out). */
function halved({ rows, columns, values }: Grid): Grid {
  const half: Grid = {
    rows: rows >> 1,
    columns: columns >> 1,
    values: new Float32Array((rows >> 1) * (columns >> 1)),
  };
  for (let row = 0; row < half.rows; row++)
    for (let column = 0; column < half.columns; column++) {
      const i = 2 * row * columns + 2 * column;
      const upper = (values[i] ?? 0) + (values[i + 1] ?? 0);
      const lower = (values[i + columns] ?? 0) + (values[i + columns + 1] ?? 0);
      half.values[row * half.columns + column] = (upper + lower) / 4;
    }
  return half;
}

/** A mask of the halved image at full size, its corners rounded by bilinear interpolation. */
function doubled({ rows, columns, inside }: Mask, wanted: { rows: number; columns: number }): Mask {
  const out = new Uint8Array(wanted.rows * wanted.columns);
  for (let row = 0; row < wanted.rows; row++) {
    const near = Math.min(row >> 1, rows - 1) * columns;
    const far = Math.min(Math.max((row >> 1) + (row % 2 === 0 ? -1 : 1), 0), rows - 1) * columns;
    for (let column = 0; column < wanted.columns; column++) {
      const own = Math.min(column >> 1, columns - 1);
      const next = Math.min(Math.max(own + (column % 2 === 0 ? -1 : 1), 0), columns - 1);
      const beside = 3 * (inside[far + own] as number) + 3 * (inside[near + next] as number);
      const sum = 9 * (inside[near + own] as number) + beside + (inside[far + next] as number);
      out[row * wanted.columns + column] = sum >= 8 ? 1 : 0;
    }
  }
  return { rows: wanted.rows, columns: wanted.columns, inside: out };
}

/**
 * The intracranial space of an axial image in HU with square pixels of `pixelMm`. Empty where the image shows no
 * brain (vertex, neck) or the skull leaves the field of view. Found at half the resolution, which a skull does not
 * need more than.
 */
export function intracranialMask(image: Grid, pixelMm: number): Mask {
  return doubled(coarseMask(halved(image), 2 * pixelMm), image);
}

/** First row and column of what a mask holds, and those after the last; null for an empty mask. */
export function maskBox({
  rows,
  columns,
  inside,
}: Mask): { top: number; bottom: number; left: number; right: number } | null {
  let [top, bottom, left, right] = [rows, 0, columns, 0];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      if (inside[row * columns + column] !== 1) continue;
      if (row < top) top = row;
      if (row >= bottom) bottom = row + 1;
      if (column < left) left = column;
      if (column >= right) right = column + 1;
    }
  return bottom === 0 ? null : { top, bottom, left, right };
}

/** Row and column of the middle of a mask's bounding box; the image's own middle for an empty mask. */
export function maskCentre(mask: Mask): readonly [row: number, column: number] {
  const box = maskBox(mask);
  return box ? [(box.top + box.bottom) / 2, (box.left + box.right) / 2] : [mask.rows / 2, mask.columns / 2];
}
