/**
 * @file Images whose finding is outlined, to judge heat maps on: PHE-SICH's bleeding slices, folders of pictures with
 * masks of the same name, and phantoms with exact masks.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";

import type { Sample } from "../../explain/judge.ts";
import type { Mask } from "../../imaging/morphology.ts";
import { areaOf } from "../../imaging/morphology.ts";
import { resize } from "../../imaging/resize.ts";
import type { Grid } from "../../imaging/resize.ts";
import { rgbToTensor } from "../../model/input-tensor.ts";
import { readPicture } from "../../model/picture-file.ts";
import { readPheSichLabels, readPheSichPatient } from "../../model/prepare-phe-sich.ts";
import { pixelMmOf, prepareScaled, prepareSlices } from "../../model/preprocess.ts";
import type { PreparedImage, PreprocessSpec } from "../../model/preprocess.ts";
import { seededRandom, shuffled } from "../../model/train/random.ts";
import { BLEEDS, generatePhantom } from "../../phantom/phantom.ts";
import type { PhantomStudy } from "../../phantom/phantom.ts";
import { withBloodBeside } from "./blood-beside.ts";
import type { Subject } from "./subject.ts";

/** Slices of one patient are near-copies: more of them say little. */
const SLICES_A_PATIENT = 4;
/** Degrees clockwise that turn PHE-SICH's faces upwards. */
const UPRIGHT_TURN = 90;
/** Less blood than this on a phantom's picture is not asked for, in mm². */
const LEAST_BLEED_MM2 = 150;
const PHANTOM_ROWS = 256;
/** No phantom from here on is made for training the default model, nor for choosing its threshold. */
const FIRST_PHANTOM = 7000;
/** A picture of unknown scale is as wide as the usual field of a head CT. */
const USUAL_FIELD_MM = 240;

export interface SampleRequest {
  readonly count: number;
  readonly seed: number;
  /** PHE-SICH's patients that may be drawn; all where left out. */
  readonly patients?: ReadonlySet<string>;
}

function preprocessOf({ preprocess, name }: Subject): PreprocessSpec {
  if (preprocess) return preprocess;
  throw new RangeError(
    `${name} does not say how slices become its pictures: a model package is needed for these data`,
  );
}

const toImage = (rgb: Uint8Array, { size, normalisation }: Subject): Sample["image"] =>
  rgbToTensor([rgb], size, normalisation);

/** A mask file as shares of 0…1. */
async function readMask(file: string, turn = 0): Promise<Grid> {
  const { data, info } = await sharp(file)
    .rotate(turn)
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { rows: info.height, columns: info.width, values: Float32Array.from(data, (value) => value / 255) };
}

/** A `size` × `size` piece of shares as a mask: what is more than half covered. */
function cropMask({ rows, columns, values }: Grid, top: number, left: number, size: number): Mask {
  const inside = new Uint8Array(size * size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [r, c] = [row + top, column + left];
      const isIn = r >= 0 && c >= 0 && r < rows && c < columns && (values[r * columns + c] ?? 0) > 0.5;
      inside[row * size + column] = isIn ? 1 : 0;
    }
  return { rows: size, columns: size, inside };
}

/** Bleeding slices of PHE-SICH whose mask is not empty, drawn from all of its patients in random order. */
export async function pheSichSamples(
  dir: string,
  subject: Subject,
  { count, seed, patients: allowed }: SampleRequest,
): Promise<Sample[]> {
  const spec = preprocessOf(subject);
  const pixelMm = pixelMmOf(spec);
  const patients = await readPheSichLabels(dir);
  const random = seededRandom(seed);
  const samples: Sample[] = [];
  for (const patient of shuffled([...patients.keys()], random)) {
    if (samples.length >= count) break;
    if (allowed?.has(patient) === false) continue;
    const rows = patients.get(patient) ?? [];
    const bleeding = rows.filter((row) => row.bleeding === true).map(({ file }) => file);
    const wanted = new Set(shuffled(bleeding, random).slice(0, SLICES_A_PATIENT));
    for (const { file, image } of await readPheSichPatient(dir, rows, spec)) {
      if (!wanted.has(file)) continue;
      const { rgb, top, left } = prepareScaled(image, spec);
      const drawn = await readMask(join(dir, "masks", file), UPRIGHT_TURN);
      const mask = cropMask(resize(drawn, image.rows, image.columns), top, left, spec.size);
      if (areaOf(mask) === 0) continue;
      samples.push({
        name: file,
        group: patient,
        image: toImage(rgb, subject),
        mask,
        finding: withBloodBeside(rgb, mask, { pixelMm, brainHu: spec.brainHu }),
        pixelMm,
      });
    }
  }
  return samples.slice(0, count);
}

/** Pictures of `images/` with a mask of the same name in `masks/`. */
export async function folderSamples(
  dir: string,
  subject: Subject,
  { count, seed }: SampleRequest,
): Promise<Sample[]> {
  const masks = new Set(await readdir(join(dir, "masks")));
  const names = (await readdir(join(dir, "images"))).filter((name) => masks.has(name)).sort();
  const samples: Sample[] = [];
  for (const name of shuffled(names, seededRandom(seed))) {
    if (samples.length >= count) break;
    const rgb = await readPicture(await readFile(join(dir, "images", name)), subject.size, name);
    const drawn = resize(await readMask(join(dir, "masks", name)), subject.size, subject.size);
    const mask = cropMask(drawn, 0, 0, subject.size);
    if (areaOf(mask) === 0) continue;
    const group = name.replace(/_[^_]*$/, "");
    const pixelMm = USUAL_FIELD_MM / subject.size;
    samples.push({ name, group, image: toImage(rgb, subject), mask, finding: null, pixelMm });
  }
  return samples;
}

/** The blood on a slab's picture: what more than half of its slices show there. */
function phantomMask(phantom: PhantomStudy, { region, sliceIndices }: PreparedImage, size: number): Mask {
  const [{ rows = 0, columns = 0 } = {}] = phantom.slices;
  const inside = new Uint8Array(size * size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const r = Math.floor(region.top + ((row + 0.5) * region.rows) / size);
      const c = Math.floor(region.left + ((column + 0.5) * region.columns) / size);
      if (r < 0 || c < 0 || r >= rows || c >= columns) continue;
      const covered = sliceIndices.filter((slice) => phantom.masks[slice]?.[r * columns + c] === 1).length;
      inside[row * size + column] = 2 * covered >= sliceIndices.length ? 1 : 0;
    }
  return { rows: size, columns: size, inside };
}

/** The picture with most blood of each of `count` phantoms, every kind of bleed in turn. */
export function phantomSamples(subject: Subject, { count, seed }: SampleRequest): Sample[] {
  const spec = preprocessOf(subject);
  const pixelMm = pixelMmOf(spec);
  const samples: Sample[] = [];
  for (let index = 0; samples.length < count && index < 3 * count; index++) {
    const bleed = BLEEDS[index % BLEEDS.length] ?? null;
    const phantom = generatePhantom({ seed: FIRST_PHANTOM + seed + index, bleed, rows: PHANTOM_ROWS });
    const pictures = prepareSlices(phantom.slices, spec)
      .filter(({ brainMm2 }) => brainMm2 > 0)
      .map((picture) => ({ picture, mask: phantomMask(phantom, picture, spec.size) }))
      .sort((a, b) => areaOf(b.mask) - areaOf(a.mask));
    const [worst] = pictures;
    if (!worst || areaOf(worst.mask) * pixelMm ** 2 < LEAST_BLEED_MM2) continue;
    const name = `phantom ${FIRST_PHANTOM + seed + index} (${bleed ?? ""})`;
    samples.push({
      name,
      group: name,
      image: toImage(worst.picture.rgb, subject),
      mask: worst.mask,
      finding: null,
      pixelMm,
    });
  }
  return samples;
}
