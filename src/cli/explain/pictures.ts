/**
 * @file What is explained: JPG and PNG pictures and DICOM slices, each as the network is shown it and as a reader sees
 * it.
 */
import { readFile, readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";

import sharp from "sharp";

import { decodeSlices } from "../../dicom/decode.ts";
import { chooseHeadSeries } from "../../dicom/series.ts";
import type { Region } from "../../domain/finding.ts";
import { HEAD_CT_WINDOWS } from "../../domain/slice.ts";
import type { Slice, Window } from "../../domain/slice.ts";
import type { Skipped } from "../../domain/study.ts";
import { windowTable, windowToRgb } from "../../imaging/window.ts";
import { readGrey, readPicture } from "../../model/picture-file.ts";
import { prepareSlices } from "../../model/preprocess.ts";
import { sliceFromGrey } from "../../model/slice-from-grey.ts";
import { findStudies } from "../dicom-files.ts";
import type { DicomFile } from "../dicom-files.ts";
import type { Subject } from "./subject.ts";

/** One picture to be explained. */
export interface Picture {
  /** Names its files; unique only with `file`. */
  readonly name: string;
  readonly file: string;
  readonly what: string;
  /** What the network is shown, `[size, size, 3]`. */
  readonly rgb: Uint8Array;
  /** What a reader sees: `[rows, columns, 3]`. */
  readonly view: { readonly rows: number; readonly columns: number; readonly rgb: Uint8Array };
  /** The part of the view that the network is shown, in its pixels. */
  readonly region: Region;
}

const PICTURES = [".jpg", ".jpeg", ".png"];
const BRAIN = windowTable(HEAD_CT_WINDOWS[0]);

const isPicture = (file: string): boolean => PICTURES.includes(extname(file).toLowerCase());
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Pictures among the paths, and the paths that may hold DICOM. */
async function sorted(paths: readonly string[]): Promise<{ pictures: string[]; others: string[] }> {
  const pictures: string[] = [];
  const others: string[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      (isPicture(path) ? pictures : others).push(path);
      continue;
    }
    const names = (await readdir(path, { recursive: true })).sort();
    const inside = names.filter((name) => isPicture(name)).map((name) => join(path, name));
    if (inside.length > 0) pictures.push(...inside);
    else others.push(path);
  }
  return { pictures, others };
}

/** A slice in the brain window, grey in three channels. */
function brainView({ hu, rows, columns }: Slice): Picture["view"] {
  const rgb = new Uint8Array(3 * rows * columns);
  hu.forEach((value, i) => rgb.fill(BRAIN[value + 32768] ?? 0, 3 * i, 3 * i + 3));
  return { rows, columns, rgb };
}

async function shrunk(view: Picture["view"], size: number): Promise<Uint8Array> {
  const raw = { width: view.columns, height: view.rows, channels: 3 as const };
  return sharp(view.rgb, { raw }).resize(size, size, { fit: "fill", kernel: "linear" }).raw().toBuffer();
}

const whole = ({ rows, columns }: Picture["view"]): Region => ({ top: 0, left: 0, rows, columns });

/** Slices of a series as the network is shown them. */
async function* slicePictures(
  slices: readonly Slice[],
  { preprocess, size }: Subject,
  name: (slice: Slice) => Pick<Picture, "name" | "file" | "what">,
): AsyncGenerator<Picture> {
  if (preprocess === null) {
    for (const slice of slices) {
      const view = brainView(slice);
      const rgb = await shrunk({ ...view, rgb: windowToRgb(slice, HEAD_CT_WINDOWS) }, size);
      yield { ...name(slice), rgb, view, region: whole(view) };
    }
    return;
  }
  for (const { rgb, region, sliceIndices, brainMm2 } of prepareSlices(slices, preprocess)) {
    const slice = slices[sliceIndices[Math.floor(sliceIndices.length / 2)] ?? 0];
    if (slice && brainMm2 > 0) yield { ...name(slice), rgb, view: brainView(slice), region };
  }
}

async function* picturesOfStudy(
  files: readonly DicomFile[],
  subject: Subject,
  skipped: Skipped[],
): AsyncGenerator<Picture> {
  const { instances, notApplicable } = chooseHeadSeries(files.map(({ header }) => header));
  if (notApplicable !== null) {
    skipped.push({ file: files[0]?.file ?? "", reason: notApplicable });
    return;
  }
  const byUid = new Map(files.map((file) => [file.header.sopInstanceUid, file]));
  const slices: Slice[] = [];
  for (const { sopInstanceUid } of instances) {
    const file = byUid.get(sopInstanceUid);
    try {
      if (file) slices.push(...(await decodeSlices(await file.read())));
    } catch (error) {
      skipped.push({ file: file?.file ?? sopInstanceUid, reason: reasonOf(error) });
    }
  }
  slices.sort((a, b) => a.positionMm - b.positionMm);
  yield* slicePictures(slices, subject, ({ sopInstanceUid, positionMm }) => {
    const file = byUid.get(sopInstanceUid)?.file ?? sopInstanceUid;
    return { name: basename(file, extname(file)), file, what: `${positionMm.toFixed(1)} mm` };
  });
}

async function* picturesOfFile(
  file: string,
  subject: Subject,
  window: Window | undefined,
): AsyncGenerator<Picture> {
  const bytes = await readFile(file);
  const named = { name: basename(file, extname(file)), file, what: "" };
  if (window) {
    const slice = sliceFromGrey(await readGrey(bytes, file), window);
    yield* slicePictures([slice], subject, () => named);
    return;
  }
  const { data, info } = await sharp(bytes)
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const view = { rows: info.height, columns: info.width, rgb: new Uint8Array(data) };
  yield { ...named, rgb: await readPicture(bytes, subject.size, file), view, region: whole(view) };
}

/**
 * Every picture of the paths, folders with all that is in them; what cannot be used is added to `skipped`.
 * @param window what grey pictures show, where R, G, B are not three windows
 */
export async function* readPictures(
  paths: readonly string[],
  subject: Subject,
  window: Window | undefined,
  skipped: Skipped[],
): AsyncGenerator<Picture> {
  const { pictures, others } = await sorted(paths);
  for (const file of pictures) {
    try {
      yield* picturesOfFile(file, subject, window);
    } catch (error) {
      skipped.push({ file, reason: reasonOf(error) });
    }
  }
  if (others.length === 0) return;
  const found = await findStudies(others);
  skipped.push(...found.skipped);
  for (const files of found.studies.values()) yield* picturesOfStudy(files, subject, skipped);
}
