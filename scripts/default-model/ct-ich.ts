/**
 * @file The default model on CT-ICH (PhysioNet, version 1.2.0, doi:10.13026/w8q8-ky94, CC BY 4.0): 82 patients of another
 * hospital after an injury, 36 of them with a bleed, slice by slice as JPGs of a brain and a bone window. Nothing of it is
 * trained on, nor was the threshold chosen on it.
 *
 * Laid out as published: `hemorrhage_diagnosis.csv`, `Patients_CT/049/brain/1.jpg`, `Patients_CT/049/bone/1.jpg`.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { greyWindowToHu } from "../../src/imaging/grey-to-hu.ts";
import type { Grid } from "../../src/imaging/resize.ts";
import { skullPixelMm } from "../../src/imaging/skull-size.ts";
import { Classifier } from "../../src/model/classifier.ts";
import { auc, aucByGroup, aucDeLong, operatingPoint } from "../../src/model/metrics.ts";
import type { Estimate } from "../../src/model/metrics.ts";
import { readGrey } from "../../src/model/picture-file.ts";
import { prepareScaled, toPictureScale } from "../../src/model/preprocess.ts";
import type { Metric } from "../../src/model/spec.ts";
import { findStudy } from "../../src/model/study-rule.ts";
import { seededRandom } from "../../src/model/train/random.ts";
import { LEAST_BRAIN_MM2, PREPROCESS, STUDY_RULE, TRAINING } from "./recipe.ts";

/** The published windows, as level and width. */
const BRAIN_WINDOW = { centerHu: 40, widthHu: 120 };
const BONE_WINDOW = { centerHu: 700, widthHu: 3200 };
/** Where the brain window is white or black (JPG blurs both a little), the bone window says how much so. */
const WHITE = 252;
const BLACK = 2;
const WHITE_HU = 100;
const BLACK_HU = -20;
/** Slices are 5 mm apart. */
const SLICE_MM = 5;
/** Pixel sizes of heads in a field of 195 to 390 mm at 650 pixels. */
const PIXEL_MM = { smallest: 0.3, largest: 0.6, usual: 0.4 };

const KINDS = ["intraventricular", "intraparenchymal", "subarachnoid", "epidural", "subdural"] as const;
const HEADER =
  "PatientNumber,SliceNumber,Intraventricular,Intraparenchymal,Subarachnoid,Epidural,Subdural,No_Hemorrhage,Fracture_Yes_No";

interface Row {
  readonly patient: string;
  readonly slice: number;
  readonly kinds: readonly string[];
}

interface ScoredRow extends Row {
  readonly probability: number;
}

/** The labels by patient, slices in order. */
async function readLabels(dir: string): Promise<Map<string, Row[]>> {
  const file = join(dir, "hemorrhage_diagnosis.csv");
  const [header = "", ...lines] = (await readFile(file, "utf8"))
    .replace(/^\uFEFF/, "")
    .trim()
    .split(/\r?\n/);
  if (header !== HEADER) throw new Error(`${file}: expected "${HEADER}", got "${header}"`);
  const patients = new Map<string, Row[]>();
  for (const line of lines) {
    const [number = "", slice = "", ...flags] = line.split(",");
    const patient = number.padStart(3, "0");
    const rows = patients.get(patient) ?? [];
    rows.push({ patient, slice: Number(slice), kinds: KINDS.filter((_, i) => flags[i] === "1") });
    patients.set(patient, rows);
  }
  for (const rows of patients.values()) rows.sort((a, b) => a.slice - b.slice);
  return patients;
}

const pictureOf = (dir: string, { patient, slice }: Row, window: "brain" | "bone"): string =>
  join(dir, "Patients_CT", patient, window, `${slice}.jpg`);

/** A slice in HU: of the brain window, and beyond it of the bone window. */
export async function readSlice(dir: string, row: Row): Promise<Grid> {
  const read = async (file: string) => readGrey(await readFile(file), file);
  const brain = await read(pictureOf(dir, row, "brain"));
  const values = Float32Array.from(greyWindowToHu(brain, BRAIN_WINDOW));
  const bone = await read(pictureOf(dir, row, "bone"));
  const boneHu = (i: number): number =>
    BONE_WINDOW.centerHu + ((bone.grey[i] ?? 0) / 255 - 0.5) * BONE_WINDOW.widthHu;
  for (let i = 0; i < values.length; i++) {
    const grey = brain.grey[i] ?? 0;
    if (grey >= WHITE) values[i] = Math.max(WHITE_HU, boneHu(i));
    else if (grey <= BLACK) values[i] = Math.min(BLACK_HU, boneHu(i));
  }
  return { rows: brain.rows, columns: brain.columns, values };
}

/** One patient's slices that show brain, with what the model says of each. Those whose pictures are missing are left out. */
async function scorePatient(dir: string, rows: readonly Row[], classifier: Classifier): Promise<ScoredRow[]> {
  const there = rows.filter((row) =>
    (["brain", "bone"] as const).every((window) => existsSync(pictureOf(dir, row, window))),
  );
  const images = await Promise.all(there.map((row) => readSlice(dir, row)));
  const mm = skullPixelMm(images, PIXEL_MM);
  const pictures = images.map((image) =>
    prepareScaled(toPictureScale(image, [mm, mm], PREPROCESS), PREPROCESS),
  );
  const shown = there.flatMap((row, i) => {
    const { rgb, brainMm2 } = pictures[i] ?? { rgb: null, brainMm2: 0 };
    return rgb && brainMm2 >= LEAST_BRAIN_MM2 ? [{ row, rgb }] : [];
  });
  const scores = shown.length === 0 ? [] : await classifier.classifyRgb(shown.map(({ rgb }) => rgb));
  return shown.map(({ row }, i) => ({ ...row, probability: scores[i]?.probability ?? 0 }));
}

function metric(name: string, of: string, { value, interval }: Estimate, method: string): Metric {
  return { name, of: `outside data, CT-ICH: ${of}`, value, interval, method };
}

/** AUC of slices of which some bleed, patients drawn again. */
function sliceAuc(rows: readonly ScoredRow[], of: string): Metric {
  const scored = {
    scores: rows.map(({ probability }) => probability),
    positive: rows.map(({ kinds }) => kinds.length > 0),
  };
  const groups = rows.map(({ patient }) => patient);
  const interval = aucByGroup(scored, groups, seededRandom(TRAINING.seed));
  return metric("AUC", of, { value: auc(scored), interval }, "bootstrap by patient");
}

/** Figures of whole exams by the study's rule. */
function studyMetrics(rows: readonly ScoredRow[], threshold: number): Metric[] {
  const exams = Object.values(Object.groupBy(rows, ({ patient }) => patient)).map((slices = []) => {
    const scored = slices.map(({ slice, probability }) => ({
      positionMm: SLICE_MM * slice,
      thicknessMm: SLICE_MM,
      probability,
    }));
    const { probability } = findStudy(scored, STUDY_RULE, threshold);
    return { probability, bleeding: slices.some(({ kinds }) => kinds.length > 0) };
  });
  const scored = {
    scores: exams.map(({ probability }) => probability),
    positive: exams.map(({ bleeding }) => bleeding),
  };
  const bleeding = exams.filter((exam) => exam.bleeding).length;
  const { sensitivity, specificity } = operatingPoint(scored, threshold);
  const atThreshold = (name: string, of: string, estimate: Estimate | null): Metric[] =>
    estimate ? [metric(name, of, estimate, "Wilson")] : [];
  return [
    metric("AUC", `${exams.length} exams`, aucDeLong(scored), "DeLong"),
    ...atThreshold("sensitivity", `${bleeding} exams that bleed`, sensitivity),
    ...atThreshold("specificity", `${exams.length - bleeding} exams that do not`, specificity),
  ];
}

/** What the package in `packageDir` makes of CT-ICH in `dir`: exams first, then slices, all and those with each kind of bleed. */
export async function ctIchMetrics(
  packageDir: string,
  dir: string,
  kinds: readonly string[] = KINDS,
): Promise<Metric[]> {
  const classifier = await Classifier.load(packageDir);
  const rows: ScoredRow[] = [];
  for (const patient of (await readLabels(dir)).values())
    rows.push(...(await scorePatient(dir, patient, classifier)));
  const { threshold } = classifier.spec;
  await classifier.dispose();
  const others = rows.filter(({ kinds }) => kinds.length === 0);
  const bleeding = rows.length - others.length;
  return [
    ...studyMetrics(rows, threshold.value),
    sliceAuc(rows, `${rows.length} slices with brain on them, ${bleeding} of them bleeding`),
    ...kinds.map((kind) => {
      const own = rows.filter((row) => row.kinds.includes(kind));
      return sliceAuc(
        [...own, ...others],
        `its ${own.length} ${kind} slices against those that do not bleed`,
      );
    }),
  ];
}
