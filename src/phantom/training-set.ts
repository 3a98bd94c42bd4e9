/**
 * @file Phantom studies as training data on disk: DICOM with labels in the RSNA 2019 long format and masks, or
 * class folders of three-window pictures.
 *
 * A study counts as finished once its note lies in `.finished/`; a run that was broken off goes on after the
 * last note, and `labels.csv` and `manifest.jsonl` are made from the notes.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";

import { HEAD_CT_WINDOWS } from "../domain/slice.ts";
import { windowToRgb } from "../imaging/window.ts";
import { phantomToDicom } from "./dicom.ts";
import { drawIdentity } from "./identities.ts";
import type { PhantomParameters } from "./options.ts";
import { drawRanges } from "./parameter-ranges.ts";
import type { ParameterRanges } from "./parameter-ranges.ts";
import { BLEEDS, generatePhantom } from "./phantom.ts";
import type { Bleed, PhantomStudy } from "./phantom.ts";
import { Random, mixSeed } from "./random.ts";

export const TRAINING_SET_FORMATS = ["dicom", "classes"] as const;
export type TrainingSetFormat = (typeof TRAINING_SET_FORMATS)[number];

export interface TrainingSetRequest {
  readonly count: number;
  readonly seed: number;
  readonly output: string;
  readonly format: TrainingSetFormat;
  /** Part of the studies with a bleed, 0…1; the kinds take turns. */
  readonly bleeding: number;
  /** Parameters that every study shares instead of drawing them. */
  readonly overrides?: Partial<PhantomParameters>;
  /** Parameters drawn evenly from a range of one's own, study by study. */
  readonly ranges?: ParameterRanges;
}

/** One study of the set: a line of `manifest.jsonl`. */
export interface TrainingStudy {
  readonly study: string;
  readonly seed: number;
  readonly format: TrainingSetFormat;
  readonly bleed: Bleed | null;
  readonly bleedVolumeMl: number;
  readonly slices: readonly TrainingSlice[];
  readonly options: PhantomStudy["options"];
  /** As asked for, so that a run that goes on is told the same. */
  readonly ranges?: ParameterRanges;
}

export interface TrainingSlice {
  readonly id: string;
  readonly positionMm: number;
  /** Blood in this slice, square millimetres. */
  readonly bleedMm2: number;
  readonly label: 0 | 1;
}

/** Less blood than this in a slice is not labelled: no reader would see it. */
const LEAST_VISIBLE_MM2 = 12;
const LOOK_ALIKES = 0.4;
const NOTES = ".finished";

/** The folder holds another set. */
export class OtherTrainingSet extends Error {
  override readonly name = "OtherTrainingSet";
}

/** Make what is missing, study by study; yields each study, made now or before. */
export async function* synthesizeTrainingSet(
  request: TrainingSetRequest,
): AsyncGenerator<{ readonly study: TrainingStudy; readonly made: boolean }> {
  const notes = join(request.output, NOTES);
  await mkdir(notes, { recursive: true });
  for (let index = 0; index < request.count; index++) {
    const name = `P${String(index + 1).padStart(6, "0")}`;
    const note = join(notes, `${name}.json`);
    const before = await readNote(note);
    if (before !== null) {
      checkSame(before, request, index, note);
      yield { study: before, made: false };
      continue;
    }
    const study = await makeStudy(request, index, name);
    await replaceFile(note, JSON.stringify(study));
    yield { study, made: true };
  }
  await writeIndex(request);
}

async function makeStudy(request: TrainingSetRequest, index: number, name: string): Promise<TrainingStudy> {
  const seed = studySeed(request, index);
  const own = {
    partialVolume: lookAlikes(seed),
    ...request.overrides,
    ...drawRanges(request.ranges ?? {}, seed),
  };
  const phantom = generatePhantom({ ...own, seed, bleed: studyBleed(request, index) });
  const areaMm2 = (phantom.options.fieldOfViewMm / phantom.options.rows) ** 2;
  const slices = phantom.slices.map((slice, i): TrainingSlice => {
    const mask = phantom.masks[i] ?? new Uint8Array();
    const bleedMm2 = mask.reduce((sum, value) => sum + value, 0) * areaMm2;
    return {
      id: `ID_${createHash("sha256").update(slice.sopInstanceUid).digest("hex").slice(0, 9)}`,
      positionMm: slice.positionMm,
      bleedMm2: Math.round(bleedMm2 * 10) / 10,
      label: bleedMm2 >= LEAST_VISIBLE_MM2 ? 1 : 0,
    };
  });
  await (request.format === "dicom" ? writeDicom : writePictures)(request, index, name, phantom, slices);
  const { bleed } = phantom.options;
  return {
    study: name,
    seed,
    format: request.format,
    bleed,
    bleedVolumeMl: Math.round(phantom.bleedVolumeMl * 100) / 100,
    slices,
    options: phantom.options,
    ...(request.ranges ? { ranges: request.ranges } : {}),
  };
}

/** Part of the studies with bone that looks like blood, and how much of it there is. */
function lookAlikes(seed: number): number {
  const random = new Random(seed).fork(78);
  return random.chance(LOOK_ALIKES) ? random.uniform(0.2, 1) : 0;
}

function studySeed({ seed }: TrainingSetRequest, index: number): number {
  return mixSeed(seed, index);
}

/** Bleeds are spread evenly: after n studies, ⌊n · bleeding⌋ have had one, kind after kind. */
function studyBleed({ bleeding }: TrainingSetRequest, index: number): Bleed | null {
  const before = Math.floor(index * bleeding);
  return Math.floor((index + 1) * bleeding) > before ? (BLEEDS[before % BLEEDS.length] ?? null) : null;
}

/** `studies/P000001/ID_….dcm` and, where there is blood, `masks/P000001/ID_….png` (255 = blood). */
async function writeDicom(
  { output, seed }: TrainingSetRequest,
  index: number,
  name: string,
  phantom: PhantomStudy,
  slices: readonly TrainingSlice[],
): Promise<void> {
  const random = new Random(mixSeed(seed, index)).fork(900);
  const { ageYears, rows } = phantom.options;
  const identity = drawIdentity({ ageYears, studyAt: "2026-03-06T18:00:00", ordinal: index }, random);
  const folder = join(output, "studies", name);
  const maskFolder = join(output, "masks", name);
  await mkdir(folder, { recursive: true });
  const files = phantomToDicom(phantom, identity);
  for (const [i, { id, bleedMm2 }] of slices.entries()) {
    await writeFile(join(folder, `${id}.dcm`), files[i] ?? new Uint8Array());
    if (bleedMm2 === 0) continue;
    await mkdir(maskFolder, { recursive: true });
    const mask = (phantom.masks[i] ?? new Uint8Array()).map((value) => value * 255);
    await sharp(mask, { raw: { width: rows, height: rows, channels: 1 } })
      .png()
      .toFile(join(maskFolder, `${id}.png`));
  }
}

/** `normal/P000001_012.jpg` and `hemorrhage/…`: R, G, B are the three windows. Slivers of blood are left out. */
async function writePictures(
  { output }: TrainingSetRequest,
  _index: number,
  name: string,
  phantom: PhantomStudy,
  slices: readonly TrainingSlice[],
): Promise<void> {
  for (const folder of ["normal", "hemorrhage"]) await mkdir(join(output, folder), { recursive: true });
  for (const [i, slice] of phantom.slices.entries()) {
    const described = slices[i];
    if (described === undefined || (described.label === 0 && described.bleedMm2 > 0)) continue;
    const folder = described.label === 1 ? "hemorrhage" : "normal";
    await sharp(windowToRgb(slice, HEAD_CT_WINDOWS), {
      raw: { width: slice.columns, height: slice.rows, channels: 3 },
    })
      .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
      .toFile(join(output, folder, `${name}_${String(i + 1).padStart(3, "0")}.jpg`));
  }
}

async function writeIndex({ output, count }: TrainingSetRequest): Promise<void> {
  const names = (await readdir(join(output, NOTES))).filter((name) => name.endsWith(".json")).sort();
  const labels = ["ID,Label"];
  const manifest: string[] = [];
  for (const name of names.slice(0, count)) {
    const study = await readNote(join(output, NOTES, name));
    if (study === null) continue;
    manifest.push(JSON.stringify(study));
    for (const { id, label } of study.slices) {
      for (const kind of BLEEDS) labels.push(`${id}_${kind},${study.bleed === kind ? label : 0}`);
      labels.push(`${id}_any,${label}`);
    }
  }
  await replaceFile(join(output, "labels.csv"), labels.join("\n") + "\n");
  await replaceFile(join(output, "manifest.jsonl"), manifest.join("\n") + "\n");
}

async function readNote(file: string): Promise<TrainingStudy | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as TrainingStudy;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    if (!(error instanceof SyntaxError)) throw error;
    await rm(file); // cut off by a crash: make the study again
    return null;
  }
}

function checkSame(note: TrainingStudy, request: TrainingSetRequest, index: number, file: string): void {
  const wanted = {
    seed: studySeed(request, index),
    format: request.format,
    bleed: studyBleed(request, index),
  };
  const ranges = JSON.stringify(request.ranges ?? {});
  if (JSON.stringify(note.ranges ?? {}) !== ranges) {
    throw new OtherTrainingSet(
      `${file} is of another set: parameters ${JSON.stringify(note.ranges ?? {})} where ${ranges} are wanted; choose an empty folder`,
    );
  }
  if (note.seed === wanted.seed && note.format === wanted.format && note.bleed === wanted.bleed) return;
  throw new OtherTrainingSet(
    `${file} is of another set: seed ${note.seed}, ${note.format}, ${note.bleed ?? "no bleed"} ` +
      `where ${wanted.seed}, ${wanted.format}, ${wanted.bleed ?? "no bleed"} is wanted; choose an empty folder`,
  );
}

async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}
