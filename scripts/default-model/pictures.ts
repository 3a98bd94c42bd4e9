/**
 * @file The training pictures of the default model, as class folders; and held-out phantom studies to choose the
 * threshold on. What was made before is not made again: several processes may share the work (`part` of `parts`).
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";

import { readPheSichLabels, readPheSichPatient } from "../../src/model/prepare-phe-sich.ts";
import type { PheSichSlice } from "../../src/model/prepare-phe-sich.ts";
import type { Grid } from "../../src/imaging/resize.ts";
import type { PreparedImage } from "../../src/model/preprocess.ts";
import { pixelMmOf, prepareScaled, prepareSlices } from "../../src/model/preprocess.ts";
import { BLEEDS, generatePhantom } from "../../src/phantom/phantom.ts";
import type { Bleed, PhantomStudy } from "../../src/phantom/phantom.ts";
import { Random } from "../../src/phantom/random.ts";
import { BLEEDS as DRAWN_BLEEDS, SETTINGS } from "./drawn/bleeds.ts";
import { Canvas } from "./drawn/canvas.ts";
import { drawLookAlikes } from "./drawn/look-alikes.ts";
import {
  DRAWN,
  HELD_OUT_PHANTOMS,
  LEAST_BRAIN_MM2,
  LEAST_TRAINED_MM2,
  PHANTOM_IMAGE,
  PREPROCESS,
  TRAINING_PHANTOMS,
} from "./recipe.ts";

export interface Share {
  readonly part: number;
  readonly parts: number;
}

/** Runs `make` for each name of this share that has no mark yet, and marks it. */
async function forMissing(
  work: string,
  names: readonly string[],
  { part, parts }: Share,
  make: (name: string) => Promise<void>,
): Promise<void> {
  await mkdir(join(work, "made"), { recursive: true });
  for (const [index, name] of names.entries()) {
    const mark = join(work, "made", name);
    if (index % parts !== part || existsSync(mark)) continue;
    await make(name);
    await writeFile(mark, "");
    console.error(`${name} (${index + 1} of ${names.length})`);
  }
}

async function writePicture(file: string, rgb: Uint8Array): Promise<void> {
  const { size } = PREPROCESS;
  await sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
    .png({ compressionLevel: 3 })
    .toFile(file);
}

async function classFolder(work: string, bleeding: boolean): Promise<string> {
  const folder = join(work, "pictures", bleeding ? "hemorrhage" : "normal");
  await mkdir(folder, { recursive: true });
  return folder;
}

/** What the network would be shown; null where what was drawn leaves too little brain to be found. */
function pictureOf({ image }: Canvas): Uint8Array | null {
  const { rgb, brainMm2 } = prepareScaled(image, PREPROCESS);
  return brainMm2 < LEAST_BRAIN_MM2 ? null : rgb;
}

/** A copy of a slice with look-alikes; null where it shows too little brain. */
function withLookAlikes(image: Grid, random: Random, enhanced: number): Canvas | null {
  const canvas = Canvas.create(image, pixelMmOf(PREPROCESS), LEAST_BRAIN_MM2);
  if (canvas) drawLookAlikes(canvas, random, enhanced);
  return canvas;
}

type Kind = (typeof DRAWN.kinds)[number];

/** A slice with look-alikes and a bleed, and before the blood was drawn where that is wanted too. */
interface Bled {
  readonly kind: Kind;
  readonly rgb: Uint8Array;
  readonly without: Uint8Array | null;
}

/** A drawn bleed of a kind; null where there is too little of it to see. */
function bledWith(image: Grid, kind: Kind, random: Random): Bled | null {
  const canvas = withLookAlikes(image, random.fork(1), DRAWN.enhanced.bleeding);
  const bleed = DRAWN_BLEEDS[kind];
  if (!canvas || !bleed) return null;
  SETTINGS[kind]?.(canvas, random.fork(2));
  const wanted = kind === "hornLevel" || random.fork(3).chance(DRAWN.alsoWithout);
  const without = wanted ? pictureOf(canvas) : null;
  const mm2 = bleed(canvas, random.fork(2));
  if (mm2 < DRAWN.leastMm2[kind]) return null;
  const rgb = pictureOf(canvas);
  return rgb && { kind, rgb, without };
}

/** A bleed drawn on a slice that has none: kinds are tried until one can be seen. */
function withBleed(image: Grid, random: Random): Bled | null {
  for (let attempt = 0; attempt < DRAWN.tries; attempt++) {
    const bled = bledWith(image, random.pick(DRAWN.kinds), random.fork(10 + attempt));
    if (bled) return bled;
  }
  return null;
}

/** Whether a slice that is called free of blood lies next to one that bleeds. */
function isBeside(slices: readonly PheSichSlice[], index: number): boolean {
  const bleeds = (at: number): boolean => slices[at]?.bleeding === true;
  return slices[index]?.bleeding === false && (bleeds(index - 1) || bleeds(index + 1));
}

const stemOf = (patient: string, file: string): string =>
  `phe${patient}_${file.replace(/^.*_(\d+)\.png$/, "$1")}`;

/**
 * PHE-SICH's slices, drawn on. Of those that do not bleed: `phe<patient>_<slice>-<kind><round>.png` with a bleed of that
 * kind, `…-no-<kind><round>.png` before it was drawn, `…-none<round>.png` with look-alikes only. Of those that do: `…-real.png`, look-alikes beside the blood.
 */
export async function makeDrawnPictures(work: string, dataDir: string, share: Share): Promise<void> {
  const dir = join(dataDir, "phe-sich");
  const patients = await readPheSichLabels(dir);
  const names = [...patients.keys()].map((patient) => `drawn${patient}`);
  await forMissing(work, names, share, async (name) => {
    const patient = name.slice("drawn".length);
    const random = new Random(DRAWN.seed).fork(Number(patient));
    const slices = await readPheSichPatient(dir, patients.get(patient) ?? [], PREPROCESS);
    const write = async (bleeding: boolean, file: string, rgb: Uint8Array | null): Promise<void> => {
      if (rgb) await writePicture(join(await classFolder(work, bleeding), `${file}.png`), rgb);
    };
    for (const [index, { bleeding, file, image }] of slices.entries()) {
      if (bleeding === null || isBeside(slices, index)) continue;
      const stem = stemOf(patient, file);
      for (let round = 0; round < DRAWN.rounds; round++) {
        const own = random.fork(DRAWN.rounds * index + round);
        if (bleeding) {
          const canvas =
            round === 0 && own.chance(DRAWN.besideBlood)
              ? withLookAlikes(image, own.fork(3), DRAWN.enhanced.bleeding)
              : null;
          if (canvas) await write(true, `${stem}-real`, pictureOf(canvas));
          continue;
        }
        const bled = own.chance(DRAWN.bleeding) ? withBleed(image, own.fork(4)) : null;
        if (bled) await write(true, `${stem}-${bled.kind}${round}`, bled.rgb);
        if (bled) await write(false, `${stem}-no-${bled.kind}${round}`, bled.without);
        const plain = own.chance(DRAWN.notBleeding)
          ? withLookAlikes(image, own.fork(3), DRAWN.enhanced.notBleeding)
          : null;
        if (plain) await write(false, `${stem}-none${round}`, pictureOf(plain));
      }
    }
  });
}

/** Phantoms to train on: `phantom<seed>_<slab>-<kind>.png`. Pictures with a trace of blood only are left out. */
export async function makeTrainingPhantoms(work: string, share: Share): Promise<void> {
  const names = seeds(TRAINING_PHANTOMS).map((seed) => `phantom${seed}`);
  await forMissing(work, names, share, async (name) => {
    const seed = Number(name.slice("phantom".length));
    const bleed = phantomBleed(seed);
    const phantom = generatePhantom({ seed, bleed, rows: PHANTOM_IMAGE.rows });
    for (const [index, image] of prepareSlices(phantom.slices, PREPROCESS).entries()) {
      const mm2 = bleedMm2(phantom, image.sliceIndices);
      if (image.brainMm2 < LEAST_BRAIN_MM2 || (mm2 > 0 && mm2 < LEAST_TRAINED_MM2)) continue;
      const folder = await classFolder(work, mm2 > 0);
      await writePicture(join(folder, `${name}_${index}-${mm2 > 0 ? bleed : "none"}.png`), image.rgb);
    }
  });
}

/**
 * PHE-SICH's labelled slices: `phe<patient>_<slice>-orig.png`; those next to a bleed `…-beside.png`, and black ones
 * `…-empty.png`.
 */
export async function makePheSichPictures(work: string, dataDir: string, share: Share): Promise<void> {
  const dir = join(dataDir, "phe-sich");
  const patients = await readPheSichLabels(dir);
  const names = [...patients.keys()].map((patient) => `phe${patient}`);
  await forMissing(work, names, share, async (name) => {
    const patient = name.slice("phe".length);
    const slices = await readPheSichPatient(dir, patients.get(patient) ?? [], PREPROCESS);
    for (const [index, { bleeding, file, image }] of slices.entries()) {
      if (bleeding === null) continue;
      const { rgb, brainMm2 } = prepareScaled(image, PREPROCESS);
      const role = brainMm2 === 0 ? "empty" : isBeside(slices, index) ? "beside" : "orig";
      await writePicture(
        join(await classFolder(work, bleeding), `${stemOf(patient, file)}-${role}.png`),
        rgb,
      );
    }
  });
}

/** Every second phantom bleeds, the kinds in turn. */
export function phantomBleed(seed: number): Bleed | null {
  return seed % 2 === 1 ? (BLEEDS[((seed - 1) / 2) % BLEEDS.length] ?? null) : null;
}

/** Mean area of blood over the slices of a picture, in mm². */
export function bleedMm2({ masks, slices }: PhantomStudy, indices: readonly number[]): number {
  const areas = indices.map((index) => {
    const [row = 0, column = 0] = slices[index]?.spacingMm ?? [];
    return (masks[index] ?? new Uint8Array()).reduce((sum, is) => sum + is, 0) * row * column;
  });
  return areas.reduce((sum, area) => sum + area, 0) / Math.max(1, areas.length);
}

const seeds = ({ firstSeed, count }: { firstSeed: number; count: number }): number[] =>
  Array.from({ length: count }, (_, i) => firstSeed + i);

/** A held-out phantom study: its pictures as one file, and what is on them. */
export interface HeldOutStudy {
  readonly seed: number;
  readonly bleed: Bleed | null;
  readonly bleedMl: number;
  readonly slabs: readonly {
    readonly positionMm: number;
    readonly thicknessMm: number;
    readonly mm2: number;
  }[];
}

/** Held-out phantoms, complete and as thick as they were drawn: `held-out/<name>.json` and `.rgb`. */
export async function makeHeldOutPhantoms(work: string, share: Share): Promise<void> {
  await mkdir(join(work, "held-out"), { recursive: true });
  const names = seeds(HELD_OUT_PHANTOMS).map((seed) => `heldout${seed}`);
  await forMissing(work, names, share, async (name) => {
    const seed = Number(name.slice("heldout".length));
    const phantom = generatePhantom({ seed, bleed: phantomBleed(seed), rows: PHANTOM_IMAGE.rows });
    const images = prepareSlices(phantom.slices, PREPROCESS);
    const study: HeldOutStudy = {
      seed,
      bleed: phantomBleed(seed),
      bleedMl: phantom.bleedVolumeMl,
      slabs: images.map((image) => slabOf(phantom, image)),
    };
    await writeFile(join(work, "held-out", `${name}.rgb`), Buffer.concat(images.map(({ rgb }) => rgb)));
    await writeFile(join(work, "held-out", `${name}.json`), JSON.stringify(study));
  });
}

function slabOf(phantom: PhantomStudy, { sliceIndices }: PreparedImage): HeldOutStudy["slabs"][number] {
  const positions = sliceIndices.map((index) => phantom.slices[index]?.positionMm ?? 0);
  const { sliceSpacingMm } = phantom.options;
  return {
    positionMm: positions.reduce((a, b) => a + b, 0) / positions.length,
    thicknessMm: sliceSpacingMm * positions.length,
    mm2: bleedMm2(phantom, sliceIndices),
  };
}

/** The held-out phantoms with their pictures. */
export async function readHeldOut(work: string): Promise<{ study: HeldOutStudy; pictures: Uint8Array[] }[]> {
  const bytes = 3 * PREPROCESS.size ** 2;
  return Promise.all(
    seeds(HELD_OUT_PHANTOMS).map(async (seed) => {
      const path = join(work, "held-out", `heldout${seed}`);
      const study = JSON.parse(await readFile(`${path}.json`, "utf8")) as HeldOutStudy;
      const rgb = await readFile(`${path}.rgb`);
      const pictures = study.slabs.map((_, i) => rgb.subarray(i * bytes, (i + 1) * bytes));
      return { study, pictures };
    }),
  );
}
