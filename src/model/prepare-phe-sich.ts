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
import type { Grid } from "../imaging/resize.ts";
import { skullPixelMm } from "../imaging/skull-size.ts";
import type { PixelRange } from "../imaging/skull-size.ts";
import type { PreprocessSpec } from "./preprocess.ts";
import { toPictureScale } from "./preprocess.ts";

/** The one window of the data set. */
const PHE_SICH_WINDOW = { centerHu: 40, widthHu: 80 };
/** Degrees clockwise that turn the face upwards. */
const UPRIGHT_TURN = 90;
/** Pixel sizes that a field of view of 180 to 305 mm gives at 320 pixels. */
const PIXEL_MM: PixelRange = { smallest: 0.55, largest: 0.95, usual: 0.75 };

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
