/**
 * @file A synthetic head CT from a seed: anatomy, perhaps a bleed with its exact mask, and the scanner's traces.
 *
 * Same options, same bytes. Anatomy is evaluated at half the image's resolution with partly filled pixels,
 * averaged over the slice's thickness, then enlarged: that is about a soft kernel's resolution.
 */
import { AIR_HU } from "../domain/slice.ts";
import type { Slice } from "../domain/slice.ts";
import { buildBrain } from "./brain.ts";
import { buildLesions } from "./lesions.ts";
import { createNoise, createRoughNoise } from "./noise.ts";
import { resolveOptions } from "./options.ts";
import type { PhantomOptions, ResolvedPhantomOptions } from "./options.ts";
import { uidFrom } from "./part10.ts";
import { blur, createGrain, enlarge, projectArtefacts } from "./physics.ts";
import { bendFields, cutPlane } from "./plane.ts";
import type { Anatomy, Cut } from "./raster.ts";
import { Random } from "./random.ts";
import { buildSkull } from "./skull.ts";
import type { Point } from "./shapes.ts";
import { createScanner } from "./scanner.ts";
import type { Scanner } from "./scanner.ts";

export { BLEEDS } from "./options.ts";
export type { Bleed, PhantomOptions, ResolvedPhantomOptions } from "./options.ts";

export interface PhantomStudy {
  /** Every parameter, as given or drawn. */
  readonly options: ResolvedPhantomOptions;
  /** From low to high position. */
  readonly slices: readonly Slice[];
  /** Per slice `[rows, columns]`: 1 where more than half of the voxel is blood. */
  readonly masks: readonly Uint8Array[];
  readonly bleedVolumeMl: number;
  /** ImagePositionPatient per slice, and the directions of rows and columns (DICOM LPS). */
  readonly positionsMm: readonly Point[];
  readonly rowDirection: Point;
  readonly columnDirection: Point;
}

/**
 * Draw a study.
 * @throws {RangeError} on options that can't make an image.
 */
export function generatePhantom(options: PhantomOptions): PhantomStudy {
  const resolved = resolveOptions(options);
  const random = new Random(resolved.seed);
  const anatomy = buildAnatomy(resolved, random);
  const scanner = createScanner(resolved);
  const artefacts = random.fork(50);
  const grain = createGrain(resolved.rows, 1.15 - 0.5 * resolved.sharpness, random.fork(51));
  const slices: Slice[] = [];
  const masks: Uint8Array[] = [];
  let bleedMm3 = 0;
  const pixelMm = resolved.fieldOfViewMm / resolved.rows;
  for (let index = 0; index < scanner.positionsMm.length; index++) {
    const cut = thickCut(anatomy, scanner, index);
    const { mask, filled } = bleedMask(cut.blood, resolved);
    bleedMm3 += filled * 4 * pixelMm * pixelMm * resolved.sliceSpacingMm;
    masks.push(mask);
    slices.push({
      sopInstanceUid: uidFrom(`phantom ${JSON.stringify(resolved)} slice ${index}`),
      frame: 1,
      rows: resolved.rows,
      columns: resolved.rows,
      hu: scan(cut.hu, resolved, grain, artefacts.fork(index)),
      spacingMm: [pixelMm, pixelMm],
      positionMm: scanner.alongMm(index),
      thicknessMm: resolved.sliceThicknessMm,
    });
  }
  return {
    options: resolved,
    slices,
    masks,
    bleedVolumeMl: bleedMm3 / 1000,
    positionsMm: scanner.positionsMm,
    rowDirection: [1, 0, 0],
    columnDirection: scanner.columnDirection,
  };
}

function buildAnatomy(options: ResolvedPhantomOptions, random: Random): Anatomy {
  const seed = random.fork(9).next();
  const { surgery, bleedSide } = options;
  const brain = buildBrain(options, random.fork(11));
  return {
    options,
    skull: buildSkull(options, random.fork(10)),
    brain,
    lesions: buildLesions(options, brain.ventricles, random.fork(12)),
    bend: bendFields(random.fork(13)),
    marrow: createRoughNoise(seed, 5.5),
    strands: createNoise(seed + 1, 6),
    opening: {
      at: [bleedSide * 52, -10, 82],
      radiusMm: surgery === "craniotomy" ? 32 : surgery === "burr-hole" || surgery === "shunt" ? 6 : 0,
      flap: surgery === "craniotomy",
    },
  };
}

/** The mask at full resolution, and how many pixels of the half resolution the blood fills. */
function bleedMask(
  blood: Float32Array,
  { rows, bleed }: ResolvedPhantomOptions,
): { mask: Uint8Array; filled: number } {
  const mask = new Uint8Array(rows * rows);
  let filled = 0;
  if (bleed === null) return { mask, filled };
  for (let i = 0; i < blood.length; i++) filled += blood[i] as number;
  const fine = enlarge(blood, rows / 2, rows, "linear");
  for (let i = 0; i < fine.length; i++) if ((fine[i] as number) > 0.5) mask[i] = 1;
  return { mask, filled };
}

/** Where the tails of a slice's profile lie, in thicknesses from its middle, and what each weighs at most. */
const TAIL_AT = 0.9;
const TAIL_WEIGHT = 0.06;

/** Average of a few thin cuts over the slice's thickness; a moving head adds a shifted ghost. */
function thickCut(anatomy: Anatomy, scanner: Scanner, index: number): Cut {
  const { options } = anatomy;
  const { sliceThicknessMm, motionMm, partialVolume } = options;
  const layers = sliceThicknessMm <= 1.5 ? 1 : sliceThicknessMm <= 5 ? 2 : 3;
  const moving = motionMm > 0 && (index + options.seed) % 7 < 2;
  const size = (options.rows / 2) ** 2;
  const sum = { hu: new Float32Array(size), blood: new Float32Array(size) };
  const add = (offsetMm: number, shiftMm: number, weight: number): void => {
    const cut = cutPlane(anatomy, scanner.plane(index, offsetMm, shiftMm));
    for (let i = 0; i < size; i++) {
      sum.hu[i] = (sum.hu[i] as number) + weight * (cut.hu[i] as number);
      sum.blood[i] = (sum.blood[i] as number) + weight * (cut.blood[i] as number);
    }
  };
  const scale = (factor: number): void => {
    for (let i = 0; i < size; i++) {
      sum.hu[i] = (sum.hu[i] as number) * factor;
      sum.blood[i] = (sum.blood[i] as number) * factor;
    }
  };
  for (let layer = 0; layer < layers; layer++) {
    const shiftMm = moving && layer === layers - 1 ? motionMm : 0;
    add(((layer + 0.5) / layers - 0.5) * sliceThicknessMm, shiftMm, 1);
  }
  scale(1 / layers);
  // What lies beside a slice shines into it: bone of 1000 HU by a few percent looks like blood.
  const tail = TAIL_WEIGHT * partialVolume;
  if (tail > 0) {
    scale(1 - 2 * tail);
    for (const side of [-1, 1]) add(side * TAIL_AT * sliceThicknessMm, 0, tail);
  }
  scanner.addHeadrest(sum.hu, index);
  return sum;
}

/** Noise-free HU at half resolution → what the scanner stores, `[rows, rows]`. */
function scan(
  hu: Float32Array,
  options: ResolvedPhantomOptions,
  grain: (random: Random) => Float32Array,
  random: Random,
): Int16Array {
  const { rows, sharpness, noiseHu } = options;
  const size = rows / 2;
  const { hu: error, noise, size: grid } = projectArtefacts(hu, size, options.fieldOfViewMm, options, random);
  const bands = enlarge(error, grid, size, "cubic");
  const soft = blur(hu, size, 0.25 + 0.25 * (1 - sharpness));
  for (let i = 0; i < soft.length; i++) soft[i] = (soft[i] as number) + (bands[i] as number);
  let image = enlarge(soft, size, rows, "cubic");
  if (sharpness > 0.4) {
    const smooth = blur(image, rows, 1.6);
    image = image.map((value, i) => value + (sharpness - 0.4) * 1.6 * (value - (smooth[i] as number)));
  }
  const louder = enlarge(noise, grid, size, "linear");
  const speckle = grain(random);
  const ring = rings(options, random);
  const half = (rows - 1) / 2;
  const out = new Int16Array(rows * rows);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < rows; x++, i++) {
      const loud = noiseHu * (louder[(y >> 1) * size + (x >> 1)] as number);
      let value = (image[i] as number) + loud * (speckle[i] as number);
      if (ring !== null) value += ring[Math.round(Math.sqrt((x - half) ** 2 + (y - half) ** 2))] ?? 0;
      out[i] = Math.max(AIR_HU, Math.min(3071, Math.round(value)));
    }
  return out;
}

/** HU by radius in pixels, or null without rings. */
function rings({ ringHu, rows }: ResolvedPhantomOptions, random: Random): Float32Array | null {
  if (ringHu === 0) return null;
  const profile = new Float32Array(rows);
  for (let k = 0; k < 4; k++) {
    const radius = random.integer(4, Math.floor(rows * 0.3));
    profile[radius] = random.normal(0, ringHu);
    profile[radius + 1] = -profile[radius] * 0.6;
  }
  return profile;
}
