/**
 * @file PHE-SICH (arXiv 2308.10521) as training data: its grey brain-window pictures, turned upright and brought to
 * the scale of the network's picture, patient by patient.
 *
 * The pictures say nothing of their pixel size. It is taken from the skull: the third largest extent of the
 * intracranial space over a patient's slices is set to that of an average adult.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";

import { greyWindowToHu } from "../imaging/grey-to-hu.ts";
import { intracranialMask } from "../imaging/head-crop.ts";
import type { Grid } from "../imaging/resize.ts";
import type { PreprocessSpec } from "./preprocess.ts";
import { toPictureScale } from "./preprocess.ts";

/** The one window of the data set. */
const PHE_SICH_WINDOW = { centerHu: 40, widthHu: 80 };
/** Degrees clockwise that turn the face upwards. */
const UPRIGHT_TURN = 90;
/** Diagonal of the bounding box of an average adult's intracranial space, 168 × 135 mm. */
const INTRACRANIAL_DIAGONAL_MM = Math.hypot(168, 135);
/** Pixel sizes that a field of view of 180 to 305 mm gives at 320 pixels. */
const PIXEL_MM: PixelRange = { smallest: 0.55, largest: 0.95, usual: 0.75 };
/** Of the extents of a patient's slices the third largest is taken: one or two may be mistaken. */
const TYPICAL_RANK = 2;

/** Sides of a pixel that are possible, and the one assumed while measuring. */
export interface PixelRange {
  readonly smallest: number;
  readonly largest: number;
  readonly usual: number;
}

export interface PheSichSlice {
  readonly file: string;
  readonly patient: string;
  /** null where the data set gives no label. */
  readonly bleeding: boolean | null;
  /** HU at the scale of the network's picture. */
  readonly image: Grid;
}

interface Row {
  readonly file: string;
  readonly patient: string;
  readonly bleeding: boolean | null;
}

/** The rows of `labels.csv` by patient, in file order. */
export async function readPheSichLabels(dir: string): Promise<ReadonlyMap<string, readonly Row[]>> {
  const [header, ...lines] = (await readFile(join(dir, "labels.csv"), "utf8")).trim().split(/\r?\n/);
  if (header !== "filename,patient,label")
    throw new Error(`${join(dir, "labels.csv")}: expected "filename,patient,label", got "${header ?? ""}"`);
  const patients = new Map<string, Row[]>();
  for (const line of lines) {
    const [file = "", patient = "", label = ""] = line.split(",");
    const rows = patients.get(patient) ?? [];
    rows.push({ file, patient, bleeding: label === "" ? null : label === "1" });
    patients.set(patient, rows);
  }
  for (const rows of patients.values()) rows.sort((a, b) => (a.file < b.file ? -1 : 1));
  return patients;
}

async function readUpright(file: string): Promise<Grid> {
  const { data, info } = await sharp(file)
    .rotate(UPRIGHT_TURN)
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [rows, columns] = [info.height, info.width];
  const hu = greyWindowToHu({ rows, columns, grey: new Uint8Array(data) }, PHE_SICH_WINDOW);
  return { rows, columns, values: Float32Array.from(hu) };
}

/** Diagonal of the bounding box of the inside of the skull, in pixels; 0 where there is none. */
function diagonalPixels(image: Grid, pixelMm: number): number {
  const { rows, columns, inside } = intracranialMask(image, pixelMm);
  let [top, bottom, left, right] = [rows, -1, columns, -1];
  inside.forEach((is, i) => {
    if (is !== 1) return;
    top = Math.min(top, Math.floor(i / columns));
    bottom = Math.max(bottom, Math.floor(i / columns));
    left = Math.min(left, i % columns);
    right = Math.max(right, i % columns);
  });
  return bottom < 0 ? 0 : Math.hypot(bottom - top + 1, right - left + 1);
}

/** The side of a pixel in mm, guessed from a patient's slices (HU): as if the skull's inside were an average adult's. */
export function skullPixelMm(images: readonly Grid[], { smallest, largest, usual }: PixelRange): number {
  const diagonals = images.map((image) => diagonalPixels(image, usual)).sort((a, b) => b - a);
  const typical = diagonals[TYPICAL_RANK] ?? 0;
  const guess = typical > 0 ? INTRACRANIAL_DIAGONAL_MM / typical : usual;
  return Math.max(smallest, Math.min(largest, guess));
}

/** One patient's slices. */
export async function readPheSichPatient(
  dir: string,
  rows: readonly Row[],
  spec: PreprocessSpec,
): Promise<PheSichSlice[]> {
  const images = await Promise.all(rows.map(({ file }) => readUpright(join(dir, "images", file))));
  const mm = skullPixelMm(images, PIXEL_MM);
  return rows.flatMap((row, i) => {
    const image = images[i];
    return image ? [{ ...row, image: toPictureScale(image, [mm, mm], spec) }] : [];
  });
}
