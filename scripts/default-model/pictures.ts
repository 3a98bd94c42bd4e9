/**
 * @file The training pictures of the default model, as class folders; and held-out phantom studies to choose the
 * threshold on. What was made before is not made again: several processes may share the work (`part` of `parts`).
 */
import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";

import { readPheSichLabels, readPheSichPatient } from "../../src/model/prepare-phe-sich.ts";
import type { PreparedImage } from "../../src/model/preprocess.ts";
import { prepareScaled, prepareSlices } from "../../src/model/preprocess.ts";
import { BLEEDS, generatePhantom } from "../../src/phantom/phantom.ts";
import type { Bleed, PhantomStudy } from "../../src/phantom/phantom.ts";
import { HELD_OUT_PHANTOMS, PHANTOM_IMAGE, PREPROCESS } from "./recipe.ts";

export interface Share {
  readonly part: number;
  readonly parts: number;
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

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
    if (index % parts !== part || (await exists(mark))) continue;
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

/** PHE-SICH's labelled slices: `phe<patient>_<slice>-orig.png`. */
export async function makePheSichPictures(work: string, dataDir: string, share: Share): Promise<void> {
  const dir = join(dataDir, "phe-sich");
  const patients = await readPheSichLabels(dir);
  const names = [...patients.keys()].map((patient) => `phe${patient}`);
  await forMissing(work, names, share, async (name) => {
    for (const slice of await readPheSichPatient(dir, patients.get(name.slice(3)) ?? [], PREPROCESS)) {
      if (slice.bleeding === null) continue;
      const number = slice.file.replace(/^.*_(\d+)\.png$/, "$1");
      const { rgb } = prepareScaled(slice.image, PREPROCESS);
      const folder = await classFolder(work, slice.bleeding);
      await writePicture(join(folder, `${name}_${number}-orig.png`), rgb);
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
