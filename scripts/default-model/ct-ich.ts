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

import sharp from "sharp";

import { greyWindowToHu } from "../../src/imaging/grey-to-hu.ts";
import type { Grid } from "../../src/imaging/resize.ts";
import { Classifier } from "../../src/model/classifier.ts";
import { auc, aucDeLong, bootstrapByGroup, proportion } from "../../src/model/metrics.ts";
import { skullPixelMm } from "../../src/model/prepare-phe-sich.ts";
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

async function readGrey(file: string): Promise<{ rows: number; columns: number; grey: Uint8Array }> {
  const { data, info } = await sharp(file).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { rows: info.height, columns: info.width, grey: new Uint8Array(data) };
}

/** A slice in HU: of the brain window, and beyond it of the bone window. */
export async function readSlice(dir: string, { patient, slice }: Row): Promise<Grid> {
  const brain = await readGrey(join(dir, "Patients_CT", patient, "brain", `${slice}.jpg`));
  const values = Float32Array.from(greyWindowToHu(brain, BRAIN_WINDOW));
  const bone = await readGrey(join(dir, "Patients_CT", patient, "bone", `${slice}.jpg`));
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
  const there = rows.filter(({ patient, slice }) =>
    ["brain", "bone"].every((window) =>
      existsSync(join(dir, "Patients_CT", patient, window, `${slice}.jpg`)),
    ),
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

/** AUC of slices of which some bleed, patients drawn again. */
function sliceAuc(rows: readonly ScoredRow[], of: string): Metric {
  const scored = (indices: readonly number[]) => ({
    scores: indices.map((i) => rows[i]?.probability ?? 0),
    positive: indices.map((i) => (rows[i]?.kinds.length ?? 0) > 0),
  });
  const groups = rows.map(({ patient }) => patient);
  return {
    name: "AUC",
    of: `outside data, CT-ICH: ${of}`,
    value: auc(scored([...rows.keys()])),
    interval: bootstrapByGroup(groups, (indices) => auc(scored(indices)), seededRandom(TRAINING.seed)),
    method: "bootstrap by patient",
  };
}

/** Figures of whole exams by the study's rule. */
function studyMetrics(rows: readonly ScoredRow[], threshold: number): Metric[] {
  const studies = Object.values(Object.groupBy(rows, ({ patient }) => patient)).map((slices = []) => ({
    bleeding: slices.some(({ kinds }) => kinds.length > 0),
    probability: findStudy(
      slices.map(({ slice, probability }) => ({
        positionMm: SLICE_MM * slice,
        thicknessMm: SLICE_MM,
        probability,
      })),
      STUDY_RULE,
      threshold,
    ).probability,
  }));
  const bleeding = studies.filter((study) => study.bleeding);
  const others = studies.filter((study) => !study.bleeding);
  const flagged = bleeding.filter(({ probability }) => probability >= threshold).length;
  const cleared = others.filter(({ probability }) => probability < threshold).length;
  const scored = {
    scores: studies.map(({ probability }) => probability),
    positive: studies.map((study) => study.bleeding),
  };
  const of = (what: string): string => `outside data, CT-ICH: ${what}`;
  return [
    { name: "AUC", of: of(`${studies.length} exams`), ...aucDeLong(scored), method: "DeLong" },
    {
      name: "sensitivity",
      of: of(`${bleeding.length} exams that bleed`),
      ...proportion(flagged, bleeding.length),
      method: "Wilson",
    },
    {
      name: "specificity",
      of: of(`${others.length} exams that do not`),
      ...proportion(cleared, others.length),
      method: "Wilson",
    },
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
