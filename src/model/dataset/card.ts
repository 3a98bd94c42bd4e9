/**
 * @file The dataset card: what a training set holds, how it was made and what to mind, in Markdown. Pure.
 */
import type { DatasetSummary } from "./finish.ts";
import type { PrepareReport } from "./prepare.ts";
import { windowsInWords } from "./settings.ts";
import type { DatasetSettings } from "./settings.ts";

const percent = (part: number, whole: number): string =>
  whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(1)} %`;

export function datasetCard(
  { classes, picture, split, seed, shards }: DatasetSettings,
  summary: DatasetSummary,
  reports: readonly PrepareReport[],
): string {
  const [first] = reports;
  const skipped = reports.reduce((sum, report) => sum + report.skipped.length, 0);
  const rows = summary.counts.map(({ split: of, label, images, patients }) => {
    const whole = summary.counts
      .filter((count) => count.split === of)
      .reduce((sum, count) => sum + count.images, 0);
    return `| ${of} | ${label} | ${images} | ${percent(images, whole)} | ${patients} |`;
  });
  const withoutClass = Object.entries(first?.withoutClass ?? {}).map(
    ([reason, images]) => `- ${images} images whose labels are ${reason}`,
  );
  const size = picture.size === null ? "the slices' own size" : `${picture.size} × ${picture.size} pixels`;
  return `# Dataset card

Three-window pictures of head CT slices for training a classifier. Research use only. The licence and terms of the
source hold for this set too.

## What it holds

${summary.images} pictures of ${summary.studies} studies and ${summary.patients} patients.

| Split | Class | Pictures | Of the split | Patients |
|---|---|---|---|---|
${rows.join("\n")}

## How it was made

- Classes: ${classes.join(", ")}
- Windows (centre/width in HU, as R, G, B): ${windowsInWords(picture)}; function ${picture.windowFunction}
- Pictures: ${picture.format}${picture.format === "jpg" ? `, quality ${picture.quality}, 4:4:4` : ""}, ${size}, ${picture.crop === "head" ? "cropped to the head" : "the whole slice"}
- Split: ${percent(split.train, 1)} train, ${percent(split.validation, 1)} validation, ${percent(split.test, 1)} test; by patient and study, stratified by class, seed ${seed}
- Made by ${shards === 1 ? "one run" : `${shards} shards`} of \`firstread dataset prepare\`

## What was left out

- ${skipped} files that could not be read or decoded (\`skipped*.jsonl\`)
- ${first?.withoutLabel ?? 0} files that no label names (\`without-label.txt\`)
- ${first?.withoutFile ?? 0} labels that no file has (\`without-file.txt\`)
${withoutClass.length > 0 ? `${withoutClass.join("\n")}\n` : ""}- ${first?.labels.repeatedRows ?? 0} label rows stood twice, ${first?.labels.conflictingImages.length ?? 0} images had contradicting labels, ${first?.labels.unreadableRows ?? 0} rows could not be read

## What to mind

- Patients in two splits: ${summary.patientsInTwoSplits}. Patients are known by their PatientID; a person with two IDs counts as two.
- Pictures that equal another byte for byte: ${summary.duplicates}; with the other in another split: ${summary.leaks.length}${summary.leaks.length > 0 ? `\n${summary.leaks.map((leak) => `  - ${leak}`).join("\n")}` : ""}
- Patients stand in the manifest as keyed digests; study UIDs and image names stand as they came. For data that is not
  public, run \`firstread dataset deidentify\` first.
`;
}
