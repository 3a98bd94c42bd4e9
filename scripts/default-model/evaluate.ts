/**
 * @file The default model on the test exams, which had no part in its making: what `firstread triage` says of them.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import { Classifier } from "../../src/model/classifier.ts";
import { scoreStudy } from "../../src/model/score-study.ts";

/** Folder under the data directory, and what is known of it. */
const TEST_EXAMS = [
  { folder: "rsna/study", truth: "bleeding" },
  { folder: "cq500/normal-thin", truth: "none (two of three readers)" },
  { folder: "ge-head", truth: "none seen by eye" },
] as const;

export interface ExamResult {
  readonly folder: string;
  readonly truth: string;
  readonly slices: number;
  readonly probability: number;
  readonly flagged: boolean;
  /** Slices whose own probability, without their neighbours, reaches the threshold. */
  readonly slicesAbove: number;
  readonly highestSlice: number;
}

export interface SliceOfExam {
  readonly file: string;
  readonly bleeding: boolean;
  readonly probability: number;
}

async function filesIn(dir: string): Promise<string[]> {
  const names = await readdir(dir);
  return names.filter((name) => name.endsWith(".dcm")).map((name) => join(dir, name));
}

const score = (files: readonly string[], classifier: Classifier) =>
  scoreStudy(
    files.map((file) => ({ file, read: () => readFile(file) })),
    classifier,
  );

/** The RSNA slices with the challenge's own labels, each taken alone. One that shows no brain counts as 0. */
async function labelledSlices(dataDir: string, classifier: Classifier): Promise<SliceOfExam[]> {
  const dir = join(dataDir, "rsna", "labelled");
  const lines = (await readFile(join(dir, "labels.csv"), "utf8")).trim().split(/\r?\n/);
  const any = lines.flatMap((line) => /^(ID_[^_]+)_any,([01])$/.exec(line)?.slice(1, 3) ?? []);
  const slices: SliceOfExam[] = [];
  for (let i = 0; i < any.length; i += 2) {
    const file = join(dir, `${any[i] ?? ""}.dcm`);
    const { finding } = await score([file], classifier);
    slices.push({
      file: any[i] ?? "",
      bleeding: any[i + 1] === "1",
      probability: finding?.slices[0]?.probability ?? 0,
    });
  }
  return slices;
}

/** Score the test exams with the package in `dir`. */
export async function evaluateExams(
  dir: string,
  dataDir: string,
): Promise<{ exams: ExamResult[]; labelled: SliceOfExam[] }> {
  const classifier = await Classifier.load(dir);
  const exams: ExamResult[] = [];
  for (const { folder, truth } of TEST_EXAMS) {
    const { finding, failed, notApplicable } = await score(await filesIn(join(dataDir, folder)), classifier);
    if (!finding) throw new Error(`${folder}: ${failed ?? notApplicable ?? "no finding"}`);
    const probabilities = finding.slices.map(({ probability }) => probability);
    exams.push({
      folder,
      truth,
      slices: probabilities.length,
      probability: finding.probability,
      flagged: finding.flagged,
      slicesAbove: probabilities.filter((p) => p >= finding.threshold).length,
      highestSlice: Math.max(...probabilities),
    });
  }
  const labelled = await labelledSlices(dataDir, classifier);
  await classifier.dispose();
  return { exams, labelled };
}
