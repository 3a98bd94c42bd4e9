/**
 * @file `firstread triage`: score DICOM files and folders without a server, study by study.
 */
import { dirname } from "node:path";

import type { Command } from "commander";

import type { Skipped } from "../../domain/study.ts";
import { Classifier } from "../../model/classifier.ts";
import { DEFAULT_MODEL_DIR } from "../../model/package.ts";
import { scoreStudy } from "../../model/score-study.ts";
import type { ScoredStudy } from "../../model/score-study.ts";
import { findStudies } from "../dicom-files.ts";
import type { DicomFile } from "../dicom-files.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../exit-codes.ts";
import { countingNumber } from "../option-values.ts";
import { createProgress } from "../progress.ts";

interface Options {
  readonly model: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** One study's result, with where it lies. */
interface Line {
  readonly studyInstanceUid: string;
  readonly folder: string;
  readonly scored: ScoredStudy;
}

/** The contract's line: `StudyFinding`, or what stands in its place and why. */
function toJson({ studyInstanceUid, scored }: Line, { spec }: Classifier): string {
  const { finding, notApplicable, failed, skipped } = scored;
  if (finding) return JSON.stringify(finding);
  return JSON.stringify({
    studyInstanceUid,
    seriesInstanceUid: null,
    model: { name: spec.name, version: spec.version },
    label: null,
    probability: null,
    flagged: false,
    threshold: spec.threshold.value,
    ...(failed === null ? { notApplicable } : { failed }),
    slices: [],
    skipped,
  });
}

/** Flagged studies first, then the others by probability, then those without a finding. */
function urgency({ scored }: Line): number {
  const { finding } = scored;
  return finding ? (finding.flagged ? 2 : 1) + finding.probability : 0;
}

function toRow({ folder, scored }: Line): string {
  const { finding, verdict, notApplicable, failed } = scored;
  if (!finding) {
    return `${failed === null ? "n/a   " : "FAILED"}         ${folder}\n       ${failed ?? notApplicable ?? ""}`;
  }
  const { slices, flagged, probability } = finding;
  const suspicious = verdict?.suspiciousSliceIndices.length ?? 0;
  const peak = slices[verdict?.peakSliceIndex ?? 0];
  const where = `; ${suspicious} suspicious, most at ${(peak?.positionMm ?? 0).toFixed(1)} mm (${peak?.file ?? ""})`;
  const head = `${flagged ? "BLEED?" : "      "}  ${probability.toFixed(3)}  ${folder}`;
  return `${head}: ${slices.length} ${slices.length === 1 ? "slice" : "slices"}${suspicious > 0 ? where : ""}`;
}

/** A result with further skipped files. */
function withSkipped(line: Line, more: readonly Skipped[]): Line {
  const skipped = [...line.scored.skipped, ...more];
  const finding = line.scored.finding && { ...line.scored.finding, skipped };
  return { ...line, scored: { ...line.scored, finding, skipped } };
}

async function scoreAll(
  studies: ReadonlyMap<string, readonly DicomFile[]>,
  classifier: Classifier,
  onScored: (line: Line) => void,
): Promise<void> {
  const progress = createProgress();
  let index = 0;
  for (const [studyInstanceUid, files] of studies) {
    const label = `study ${++index}/${studies.size}`;
    const scored = await scoreStudy(files, classifier, {
      onProgress: (done, total) => progress.show(label, done, total),
    });
    progress.clear();
    onScored({ studyInstanceUid, folder: dirname(files[0]?.file ?? ""), scored });
  }
}

/** Score what there is. Gives the results, and the files that belong to none of them. */
async function triage(
  paths: readonly string[],
  classifier: Classifier,
  json: boolean,
): Promise<{ lines: Line[]; strays: readonly Skipped[] }> {
  const progress = createProgress();
  const { studies, skipped } = await findStudies(paths, (count) =>
    progress.show("reading headers", count, count),
  );
  progress.clear();
  // Files without a readable study go with the only study there is; otherwise they stand alone.
  const isOnly = studies.size === 1;
  const lines: Line[] = [];
  await scoreAll(studies, classifier, (scored) => {
    const line = isOnly ? withSkipped(scored, skipped) : scored;
    if (json) console.log(toJson(line, classifier));
    lines.push(line);
  });
  return { lines, strays: isOnly ? [] : skipped };
}

async function run(paths: readonly string[], { model, threads, json = false }: Options): Promise<void> {
  const classifier = await Classifier.load(model, threads === undefined ? {} : { threads });
  try {
    const { lines, strays } = await triage(paths, classifier, json);
    const skipped = [...strays, ...lines.flatMap(({ scored }) => scored.skipped)];
    if (json) {
      if (strays.length > 0) console.log(JSON.stringify({ studyInstanceUid: null, skipped: strays }));
    } else {
      for (const line of lines.toSorted((a, b) => urgency(b) - urgency(a))) console.log(toRow(line));
      console.log("Research use only; never a diagnosis.");
      for (const { file, reason } of skipped) console.error(`skipped ${file}: ${reason}`);
    }
    const complete = skipped.length === 0 && lines.every(({ scored }) => scored.finding);
    process.exitCode = complete ? EXIT_DONE : EXIT_SKIPPED;
  } finally {
    await classifier.dispose();
  }
}

export function configure(command: Command): void {
  command
    .argument("<path...>", "DICOM files, or folders of them")
    .option("--model <dir>", "model package", DEFAULT_MODEL_DIR)
    .option("--threads <n>", "threads of the network (default: one a core)", countingNumber)
    .option("--json", "print one JSON line a study")
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some inputs were skipped.",
    )
    .action(run);
}
