/**
 * @file DICOM studies judged as the product scores them: the head series of each, its slices with their neighbours, the
 * study by the package's rule.
 */
import type { Skipped } from "../../domain/study.ts";
import type { InstanceHeader } from "../../dicom/instance.ts";
import type { Classifier } from "../classifier.ts";
import { imageIdOf } from "../dataset/label-table.ts";
import type { Labels } from "../dataset/label-table.ts";
import { SUBTYPES } from "../dataset/long-labels.ts";
import type { JudgedCase, JudgedSet } from "../judged.ts";
import { scoreStudy } from "../score-study.ts";
import type { InstanceSource } from "../score-study.ts";
import { givenFindings } from "./challenge-loss.ts";
import type { FindingsCase } from "./challenge-loss.ts";

/** An instance whose header was read. */
export interface DicomSource extends InstanceSource {
  readonly header: InstanceHeader;
}

/** What is known of a study, or of each of its slices. */
export type KnownClass =
  | { readonly of: "study"; readonly positive: boolean }
  | { readonly of: "slices"; readonly labels: Labels; readonly positiveClass: number };

export interface JudgedDicom {
  /** Empty where only studies have a class. */
  readonly slices: Omit<JudgedSet, "threshold">;
  readonly studies: Omit<JudgedSet, "threshold">;
  /** What the table says of each slice, and what was given; empty where no table has findings. */
  readonly findings: readonly FindingsCase[];
  readonly skipped: readonly Skipped[];
  /** Slices and studies that are none for the model: it says nothing of them, which counts as probability 0. */
  readonly notScored: readonly Skipped[];
}

/** The names an instance may go by in a table. */
export function namesOf({ file, header }: DicomSource): readonly string[] {
  return [imageIdOf(file), header.sopInstanceUid];
}

/** The two classes that are judged. */
function binaryLabels({ labels, spec }: Classifier): readonly string[] {
  const own = labels.indexOf(spec.positive);
  return [labels.length === 2 ? (labels[1 - own] ?? "") : `not ${spec.positive}`, spec.positive];
}

/** The patient of a study; studies without a patient's ID are patients of their own. */
function patientOf(files: readonly DicomSource[]): string {
  const [first] = files;
  return first?.header.patient.id || (first?.header.studyInstanceUid ?? "");
}

/** Collects judged studies one after another. */
export class DicomJudge {
  readonly #classifier: Classifier;
  readonly #slices: JudgedCase[] = [];
  readonly #studies: JudgedCase[] = [];
  readonly #findings: FindingsCase[] = [];
  readonly #skipped: Skipped[] = [];
  readonly #notScored: Skipped[] = [];

  constructor(classifier: Classifier) {
    this.#classifier = classifier;
  }

  /**
   * Judge a study. What cannot be read is passed over and named.
   * @param group the patient, where it is known better than the files tell
   */
  async add(
    files: readonly DicomSource[],
    known: KnownClass,
    options: { readonly group?: string; readonly onProgress?: (done: number, total: number) => void } = {},
  ): Promise<void> {
    const { onProgress } = options;
    const scored = await scoreStudy(files, this.#classifier, onProgress ? { onProgress } : {});
    const group = options.group ?? patientOf(files);
    const first = files[0]?.file ?? "";
    this.#skipped.push(...scored.skipped);
    if (scored.failed !== null) {
      if (scored.skipped.length === 0) this.#skipped.push({ file: first, reason: scored.failed });
      return;
    }
    const isScored = scored.finding !== null;
    if (!isScored) this.#notScored.push({ file: first, reason: scored.notApplicable ?? "no finding" });
    let isPositive: boolean | null = known.of === "study" ? known.positive : null;
    if (known.of === "slices") {
      const unusable = new Set(scored.skipped.map(({ file }) => file));
      const byFile = new Map(scored.slices.map((slice) => [slice.file, slice]));
      const nothing = this.#classifier.labels.map((label) => (label === "normal" ? 1 : 0));
      for (const source of files) {
        const slice = byFile.get(source.file);
        if (unusable.has(source.file) || (isScored && !slice)) continue;
        const found = this.#addSlice(
          source,
          slice?.probability ?? 0,
          slice?.probabilities ?? nothing,
          group,
          known,
        );
        if (found !== null) isPositive = found || isPositive === true;
      }
    }
    if (isPositive === null) return;
    const probability = scored.finding?.probability ?? 0;
    this.#studies.push({
      file: first,
      group,
      classIndex: isPositive ? 1 : 0,
      probabilities: [1 - probability, probability],
    });
  }

  /** What was judged so far. */
  result(): JudgedDicom {
    const labels = binaryLabels(this.#classifier);
    return {
      slices: { unit: "slices", labels, positive: 1, cases: this.#slices },
      studies: { unit: "studies", labels, positive: 1, cases: this.#studies },
      findings: this.#findings,
      skipped: this.#skipped,
      notScored: this.#notScored,
    };
  }

  /** A slice that has a class. Gives whether it is positive, null where it has none. */
  #addSlice(
    source: DicomSource,
    probability: number,
    probabilities: readonly number[],
    group: string,
    { labels, positiveClass }: Extract<KnownClass, { of: "slices" }>,
  ): boolean | null {
    const name = namesOf(source).find((candidate) => labels.has(candidate));
    const classIndex = name === undefined ? "incomplete" : labels.classOf(name);
    if (name === undefined || typeof classIndex !== "number") return null;
    const isPositive = classIndex === positiveClass;
    const { file } = source;
    this.#slices.push({
      file,
      group,
      classIndex: isPositive ? 1 : 0,
      probabilities: [1 - probability, probability],
    });
    const { labels: own, spec } = this.#classifier;
    const given = givenFindings(own, probabilities, spec.positive, SUBTYPES);
    this.#findings.push({ group, truth: labels.findingsOf(name), given });
    return isPositive;
  }
}
