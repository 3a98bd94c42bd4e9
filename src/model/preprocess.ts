/**
 * @file From slices in HU to what the network is shown: one square three-window picture of the inside of the skull
 * per slab of about 5 mm.
 *
 * Everything that differs between scanners and carries no sign of blood is evened out here, by rules, because the
 * training data come from few scanners: slice thickness (slabs), pixel size (a fixed field in millimetres), table,
 * scalp, face and skull (masked), noise and kernel (smoothed to one grain), calibration and beam hardening (the
 * median of brain moved to one value). Pure. `docs/model-card.md` says what was measured.
 */
import type { Region } from "../domain/finding.ts";
import type { Slice } from "../domain/slice.ts";
import { HEAD_CT_WINDOWS } from "../domain/slice.ts";
import { intracranialMask, maskCentre } from "../imaging/head-crop.ts";
import { MedianCounter } from "../imaging/median.ts";
import type { Mask } from "../imaging/morphology.ts";
import { areaOf } from "../imaging/morphology.ts";
import type { Grid } from "../imaging/resize.ts";
import { resize } from "../imaging/resize.ts";
import type { Slab } from "../imaging/slab.ts";
import { SlabBuilder } from "../imaging/slab.ts";
import { grainWithin, smoothWithin } from "../imaging/smooth.ts";
import { windowTable } from "../imaging/window.ts";

/** Stands in the package's `model.json` as `preprocess`. */
export interface PreprocessSpec {
  /** Side of the square picture, in pixels: the network's input. */
  readonly size: number;
  /** Side of the square picture, in millimetres of the patient. */
  readonly fieldMm: number;
  /** Thickness that thin slices are averaged to. */
  readonly slabMm: number;
  /** Standard deviation of the Gaussian that always smooths the inside of the skull. */
  readonly smoothMm: number;
  /** Largest grain left (see `grainWithin`): noisier pictures are smoothed further. */
  readonly grainHu: number;
  /** Where the median of brain is moved to, and by how much at most. */
  readonly brainHu: number;
  readonly largestShiftHu: number;
}

/** One picture for the network. */
export interface PreparedImage {
  /** `[size, size, 3]`: brain, subdural and bone window; black outside the skull. */
  readonly rgb: Uint8Array;
  /** What the picture covers, in pixels of the slices it was made from; it may reach beyond them. */
  readonly region: Region;
  /** The slices averaged in it, counted from 0 in the order given. */
  readonly sliceIndices: readonly number[];
  /** Area of the inside of the skull on it; 0 means there is nothing to look at. */
  readonly brainMm2: number;
}

/** Further smoothing of a noisy picture: at most so many passes of a Gaussian of so many pixels. */
const EXTRA_PASSES = 10;
const EXTRA_SIGMA_PIXELS = 0.7;

/** The three windows of every value of HU, made once. */
const WINDOW_TABLES = HEAD_CT_WINDOWS.map(windowTable);

/** Calcium, metal and air are brought into this range before smoothing, so that they do not spread. */
const SMALLEST_HU = -60;
const LARGEST_HU = 250;

/** Only these values vote on the median of brain: CSF, blood and calcium do not. */
const BRAIN_VOTE_HU = [10, 60] as const;

function smoothToGrain(image: Grid, mask: Mask, sigmaPixels: number, grainHu: number): Grid {
  let smooth = smoothWithin(image, mask, sigmaPixels);
  for (let pass = 0; pass < EXTRA_PASSES && grainWithin(smooth, mask) > grainHu; pass++)
    smooth = smoothWithin(smooth, mask, EXTRA_SIGMA_PIXELS);
  return smooth;
}

/** What to add so that the median of brain becomes `spec.brainHu`. */
function brainShiftHu(image: Grid, { inside }: Mask, spec: PreprocessSpec): number {
  const votes = new MedianCounter(BRAIN_VOTE_HU[0], BRAIN_VOTE_HU[1], 0.1);
  for (let i = 0; i < inside.length; i++) {
    const hu = image.values[i] ?? 0;
    if (inside[i] === 1 && hu >= BRAIN_VOTE_HU[0] && hu <= BRAIN_VOTE_HU[1]) votes.add(hu);
  }
  if (votes.count === 0) return 0;
  const median = votes.median();
  return Math.max(-spec.largestShiftHu, Math.min(spec.largestShiftHu, spec.brainHu - median));
}

/** A `size` × `size` piece of an image and of a mask on it, from `top`, `left`; beyond the image it is outside. */
function crop(
  image: Grid,
  mask: Mask,
  top: number,
  left: number,
  size: number,
): { piece: Grid; within: Mask } {
  const values = new Float32Array(size * size);
  const inside = new Uint8Array(size * size);
  for (let row = Math.max(0, -top); row < Math.min(size, image.rows - top); row++)
    for (let column = Math.max(0, -left); column < Math.min(size, image.columns - left); column++) {
      const from = (row + top) * image.columns + column + left;
      const to = row * size + column;
      values[to] = Math.min(LARGEST_HU, Math.max(SMALLEST_HU, image.values[from] ?? 0));
      inside[to] = mask.inside[from] ?? 0;
    }
  return { piece: { rows: size, columns: size, values }, within: { rows: size, columns: size, inside } };
}

/** Side of a pixel of the network's picture, in mm. */
export function pixelMmOf({ fieldMm, size }: PreprocessSpec): number {
  return fieldMm / size;
}

/** An image at the pixel size of the network's picture, not yet cropped. */
export function toPictureScale(
  image: Grid,
  [rowMm, columnMm]: readonly [rowMm: number, columnMm: number],
  spec: PreprocessSpec,
): Grid {
  const pixelMm = pixelMmOf(spec);
  const rows = Math.max(1, Math.round((image.rows * rowMm) / pixelMm));
  const columns = Math.max(1, Math.round((image.columns * columnMm) / pixelMm));
  return resize(image, rows, columns);
}

/** The inside of the skull of an image at the picture's scale: its pixels, where they lie, and their area. */
export function prepareScaled(
  image: Grid,
  spec: PreprocessSpec,
): { rgb: Uint8Array; top: number; left: number; brainMm2: number } {
  const { size } = spec;
  const pixelMm = pixelMmOf(spec);
  const mask = intracranialMask(image, pixelMm);
  const [centreRow, centreColumn] = maskCentre(mask);
  const top = Math.round(centreRow - size / 2);
  const left = Math.round(centreColumn - size / 2);
  const { piece, within } = crop(image, mask, top, left, size);
  const smooth = smoothToGrain(piece, within, spec.smoothMm / pixelMm, spec.grainHu);
  const shiftHu = brainShiftHu(smooth, within, spec);
  const rgb = new Uint8Array(3 * size * size);
  for (let i = 0; i < size * size; i++) {
    if (within.inside[i] !== 1) continue;
    const at = Math.round((smooth.values[i] ?? 0) + shiftHu) + 32768;
    for (let channel = 0; channel < 3; channel++) rgb[3 * i + channel] = WINDOW_TABLES[channel]?.[at] ?? 0;
  }
  return { rgb, top, left, brainMm2: areaOf(within) * pixelMm * pixelMm };
}

/** One slab as the network is shown it. */
export function prepareSlab(slab: Slab, spec: PreprocessSpec): PreparedImage {
  const image = toPictureScale(slab.image, slab.spacingMm, spec);
  const { rgb, top, left, brainMm2 } = prepareScaled(image, spec);
  const [rowPixels, columnPixels] = [slab.image.rows / image.rows, slab.image.columns / image.columns];
  return {
    rgb,
    region: {
      top: top * rowPixels,
      left: left * columnPixels,
      rows: spec.size * rowPixels,
      columns: spec.size * columnPixels,
    },
    sliceIndices: slab.sliceIndices,
    brainMm2,
  };
}

/** Pictures of slices that are all at hand, in position order. */
export function prepareSlices(slices: readonly Slice[], spec: PreprocessSpec): PreparedImage[] {
  const builder = new SlabBuilder(spec.slabMm);
  const finished = [...slices.map((slice) => builder.push(slice)), builder.flush()];
  return finished.filter((slab) => slab !== null).map((slab) => prepareSlab(slab, spec));
}
