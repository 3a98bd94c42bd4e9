/**
 * @file Judges whatever form the data has: class folders of pictures or of DICOM studies, or a table of labels with
 * pictures or DICOM files.
 */
import { join } from "node:path";

import type { Skipped } from "../../domain/study.ts";
import type { Classifier } from "../../model/classifier.ts";
import { imageIdOf } from "../../model/dataset/label-table.ts";
import type { Labels } from "../../model/dataset/label-table.ts";
import { readLabels } from "../../model/dataset/labels.ts";
import { SUBTYPES } from "../../model/dataset/long-labels.ts";
import { judgePictures } from "../../model/evaluate.ts";
import type { Judged } from "../../model/evaluate.ts";
import { givenFindings } from "../../model/evaluation/challenge-loss.ts";
import type { FindingsCase } from "../../model/evaluation/challenge-loss.ts";
import { DicomJudge, namesOf } from "../../model/evaluation/judge-dicom.ts";
import { compareLabels } from "../../model/evaluation/known-class.ts";
import type { LabelReport } from "../../model/evaluation/known-class.ts";
import { readOrigins } from "../../model/evaluation/label-columns.ts";
import { LARGEST_PICTURE, studyCases } from "../../model/evaluation/study-cases.ts";
import type { JudgedSet } from "../../model/judged.ts";
import { groupOf, readImageFolder } from "../../model/train/image-folder.ts";
import { findStudies } from "../dicom-files.ts";
import { classFolders, filesBelow, findTable, isPicture } from "./files-below.ts";

export type JudgedLevel = Omit<JudgedSet, "threshold">;

export interface JudgedData {
  /** Pictures or slices; null where only studies have a class. */
  readonly images: JudgedLevel | null;
  /** null where every image is a study of its own. */
  readonly studies: JudgedLevel | null;
  /** How a study's probability was made, in a sentence. */
  readonly studyRule: string;
  /** What the challenge's own figure is computed of. */
  readonly findings: readonly FindingsCase[];
  readonly labels: LabelReport | null;
  readonly skipped: readonly Skipped[];
  /** Counted as probability 0. */
  readonly notScored: readonly Skipped[];
}

export interface JudgeOptions {
  readonly table?: string;
  readonly imageColumn?: string;
  readonly labelColumn?: string;
  readonly groupBy: RegExp;
  readonly onProgress: (what: string, done: number, total: number) => void;
}

const BY_RULE = "A study's probability is the model package's study rule on its slices.";

/** @throws RangeError, UnusableLabels: what was expected of the data, and what it is */
export async function judgeData(
  classifier: Classifier,
  data: string,
  options: JudgeOptions,
): Promise<JudgedData> {
  const table = await findTable(data, options.table);
  if (table !== null) return judgeByTable(classifier, data, table, options);
  const folders = await classFolders(data);
  const files = await Promise.all(folders.map((folder) => filesBelow(join(data, folder))));
  if (!files.flat().some(isPicture)) return judgeStudyFolders(classifier, data, folders, options);
  const folder = await readImageFolder(data, options.groupBy);
  const judged = await judgePictures(classifier, folder, (done, total) =>
    options.onProgress("pictures", done, total),
  );
  return ofPictures(judged, null);
}

/** Pictures, and the studies they make: those of one patient, or as the table says. */
function ofPictures(
  judged: Judged,
  labels: LabelReport | null,
  more: {
    readonly studyOf?: (file: string) => string | null;
    readonly findings?: readonly FindingsCase[];
  } = {},
): JudgedData {
  const { skipped, ...images } = judged;
  const studies = studyCases(images, ({ file, group }) => more.studyOf?.(file) ?? group);
  return {
    images,
    studies: studies.cases.length < images.cases.length ? studies : null,
    studyRule: LARGEST_PICTURE,
    findings: more.findings ?? [],
    labels,
    skipped,
    notScored: [],
  };
}

/** Every DICOM study below a class folder is a case of that class. */
async function judgeStudyFolders(
  classifier: Classifier,
  data: string,
  folders: readonly string[],
  { onProgress }: JudgeOptions,
): Promise<JudgedData> {
  const { positive } = classifier.spec;
  if (!folders.includes(positive)) {
    const found = folders.length === 0 ? "no sub-folder" : folders.join(", ");
    throw new RangeError(`${data}: expected labels.csv or a sub-folder named "${positive}", found ${found}`);
  }
  const judge = new DicomJudge(classifier);
  const skipped: Skipped[] = [];
  let count = 0;
  for (const folder of folders) {
    const found = await findStudies([join(data, folder)], (files) =>
      onProgress("reading headers", files, files),
    );
    skipped.push(...found.skipped);
    for (const files of found.studies.values()) {
      const label = `${folder}: study ${++count}`;
      const known = { of: "study", positive: folder === positive } as const;
      await judge.add(files, known, { onProgress: (done, total) => onProgress(label, done, total) });
    }
  }
  const { studies, skipped: unread, notScored } = judge.result();
  return {
    ...{ images: null, studies, studyRule: BY_RULE, findings: [], labels: null, notScored },
    skipped: [...skipped, ...unread],
  };
}

async function judgeByTable(
  classifier: Classifier,
  data: string,
  table: string,
  options: JudgeOptions,
): Promise<JudgedData> {
  const { imageColumn, labelColumn } = options;
  const labels = await readLabels(table, {
    ...(imageColumn === undefined ? {} : { imageColumn }),
    ...(labelColumn === undefined ? {} : { labelColumn }),
  });
  const pictures = (await filesBelow(data)).filter(isPicture);
  return pictures.length > 0
    ? judgeTablePictures(classifier, pictures, { table, labels }, options)
    : judgeTableDicom(classifier, data, { table, labels }, options);
}

interface NamedLabels {
  readonly table: string;
  readonly labels: Labels;
}

async function judgeTablePictures(
  classifier: Classifier,
  pictures: readonly string[],
  { table, labels }: NamedLabels,
  { groupBy, onProgress }: JudgeOptions,
): Promise<JudgedData> {
  const origins = await readOrigins(table);
  const images = pictures.flatMap((file) => {
    const image = imageIdOf(file);
    const classIndex = labels.has(image) ? labels.classOf(image) : "incomplete";
    if (typeof classIndex !== "number") return [];
    return [{ file, classIndex, group: origins.get(image)?.patient ?? groupOf(file, groupBy) }];
  });
  const judged = await judgePictures(classifier, { labels: labels.classes, images }, (done, total) =>
    onProgress("pictures", done, total),
  );
  const { positive } = classifier.spec;
  const findings = judged.cases.map(({ file, group, probabilities }) => ({
    group,
    truth: labels.findingsOf(imageIdOf(file)),
    given: givenFindings(judged.labels, probabilities, positive, SUBTYPES),
  }));
  const report = compareLabels(
    table,
    labels,
    pictures.map((file) => [imageIdOf(file)]),
  );
  return ofPictures(judged, report, {
    studyOf: (file) => origins.get(imageIdOf(file))?.study ?? null,
    findings,
  });
}

async function judgeTableDicom(
  classifier: Classifier,
  data: string,
  { table, labels }: NamedLabels,
  { onProgress }: JudgeOptions,
): Promise<JudgedData> {
  const { positive } = classifier.spec;
  const positiveClass = labels.classes.indexOf(positive);
  if (positiveClass < 0) {
    throw new RangeError(
      `the model finds "${positive}"; ${table} has the classes ${labels.classes.join(", ")}`,
    );
  }
  const origins = await readOrigins(table);
  const found = await findStudies([data], (files) => onProgress("reading headers", files, files));
  const judge = new DicomJudge(classifier);
  let count = 0;
  for (const files of found.studies.values()) {
    const label = `study ${++count}/${found.studies.size}`;
    const group = files
      .flatMap((file) => namesOf(file).map((name) => origins.get(name)?.patient))
      .find(Boolean);
    await judge.add(
      files,
      { of: "slices", labels, positiveClass },
      {
        ...(group ? { group } : {}),
        onProgress: (done, total) => onProgress(label, done, total),
      },
    );
  }
  const { slices, studies, findings, skipped, notScored } = judge.result();
  const all = [...found.studies.values()].flat();
  // The table itself, and other tables beside it, are no images that could not be read.
  const unread = found.skipped.filter(({ file }) => file !== table && !file.toLowerCase().endsWith(".csv"));
  return {
    ...{ images: slices, studyRule: BY_RULE, findings, notScored },
    studies: studies.cases.length < slices.cases.length ? studies : null,
    labels: compareLabels(table, labels, all.map(namesOf)),
    skipped: [...unread, ...skipped],
  };
}
