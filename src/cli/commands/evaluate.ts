/**
 * @file `firstread evaluate`: a model's figures on data with known classes, with 95 % intervals.
 */
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";

import type { Command } from "commander";

import type { Skipped } from "../../domain/study.ts";
import { Classifier } from "../../model/classifier.ts";
import { judgePictures, summariseCases } from "../../model/evaluate.ts";
import type { Evaluation, JudgedCase } from "../../model/evaluate.ts";
import type { Estimate } from "../../model/metrics.ts";
import { scoreStudy } from "../../model/score-study.ts";
import { DEFAULT_GROUP, readImageFolder } from "../../model/train/image-folder.ts";
import { findStudies } from "../dicom-files.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../exit-codes.ts";
import { regularExpression } from "../option-values.ts";
import { createProgress } from "../progress.ts";

interface Options {
  readonly groupBy: RegExp;
  readonly cases?: boolean;
  readonly json?: boolean;
}

interface Judged {
  readonly unit: "pictures" | "studies";
  readonly cases: readonly JudgedCase[];
  readonly skipped: readonly Skipped[];
}

const PICTURES = [".jpg", ".jpeg", ".png"];

async function classFolders(data: string): Promise<string[]> {
  const entries = await readdir(data, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name);
}

async function hasPictures(data: string, folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    const names = await readdir(join(data, folder));
    if (names.some((name) => PICTURES.includes(extname(name).toLowerCase()))) return true;
  }
  return false;
}

/** Every DICOM study below a class folder is a case of that class. */
async function judgeStudies(
  classifier: Classifier,
  data: string,
  folders: readonly string[],
): Promise<Judged> {
  const { positive } = classifier.spec;
  const progress = createProgress();
  const cases: JudgedCase[] = [];
  const skipped: Skipped[] = [];
  for (const folder of folders) {
    const found = await findStudies([join(data, folder)]);
    skipped.push(...found.skipped);
    for (const [study, files] of found.studies) {
      const scored = await scoreStudy(files, classifier, {
        onProgress: (done, total) => progress.show(`${folder}: study ${cases.length + 1}`, done, total),
      });
      progress.clear();
      const { finding, failed, notApplicable } = scored;
      const file = files[0]?.file ?? "";
      if (finding) {
        cases.push({ file, group: study, positive: folder === positive, probability: finding.probability });
      } else {
        skipped.push({ file, reason: failed ?? notApplicable ?? "no finding" });
      }
    }
  }
  return { unit: "studies", cases, skipped };
}

async function judge(classifier: Classifier, data: string, groupBy: RegExp): Promise<Judged> {
  const folders = await classFolders(data);
  if (!(await hasPictures(data, folders))) return judgeStudies(classifier, data, folders);
  const progress = createProgress();
  const cases = await judgePictures(classifier, await readImageFolder(data, groupBy), (done, total) =>
    progress.show("pictures", done, total),
  );
  progress.clear();
  return { unit: "pictures", cases, skipped: [] };
}

function inWords(estimate: Estimate | null): string {
  if (!estimate) return "none (only one kind of case)";
  const [lower, upper] = estimate.interval;
  return `${estimate.value.toFixed(3)} (95 % interval ${lower.toFixed(3)} to ${upper.toFixed(3)})`;
}

function print(unit: string, evaluation: Evaluation): void {
  const { cases, positives, groups, auc, aucIntervalByPatient, threshold } = evaluation;
  console.log(`${cases} ${unit} of ${groups} patients, ${positives} positive`);
  console.log(`AUC          ${inWords(auc)}, DeLong`);
  if (auc && aucIntervalByPatient) {
    console.log(
      `             ${inWords({ value: auc.value, interval: aucIntervalByPatient })}, patients drawn again`,
    );
  }
  console.log(
    `sensitivity  ${inWords(evaluation.sensitivity)}, at threshold ${threshold.toFixed(3)}, Wilson`,
  );
  console.log(
    `specificity  ${inWords(evaluation.specificity)}, at threshold ${threshold.toFixed(3)}, Wilson`,
  );
}

async function run(model: string, data: string, options: Options): Promise<void> {
  const classifier = await Classifier.load(model);
  try {
    const { unit, cases, skipped } = await judge(classifier, data, options.groupBy);
    const { name, version, threshold } = classifier.spec;
    const evaluation = summariseCases(cases, threshold.value);
    if (options.json) {
      const each = options.cases ? { each: cases } : {};
      console.log(JSON.stringify({ model: { name, version }, data, unit, ...evaluation, ...each, skipped }));
    } else {
      print(unit, evaluation);
      for (const { file, reason } of skipped) console.error(`skipped ${file}: ${reason}`);
    }
    process.exitCode = skipped.length === 0 ? EXIT_DONE : EXIT_SKIPPED;
  } finally {
    await classifier.dispose();
  }
}

export function configure(command: Command): void {
  command
    .argument("<model>", "model package")
    .argument("<data>", "folder with one sub-folder a class, of pictures (JPG, PNG) or of DICOM studies")
    .option(
      "--group-by <regex>",
      "what of a picture's name is the patient: first capture (default: the text before the last _)",
      regularExpression,
      DEFAULT_GROUP,
    )
    .option("--cases", "with --json: each case's probability too")
    .option("--json", "print the result as JSON")
    .action(run);
}
