/**
 * @file `firstread dataset explore`: what a folder, zip file or bucket of DICOM holds, or a prepared set of pictures, as
 * a page and as JSON.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";

import type { Command } from "commander";

import { mayBeInstance } from "../../../model/dataset/ends.ts";
import type { DatasetSource, SourceFile } from "../../../model/dataset/ends.ts";
import { drawSamples, explorePage } from "../../../model/dataset/explore-page.ts";
import { drawPictures, preparedPage } from "../../../model/dataset/explore-prepared-page.ts";
import { explorePrepared } from "../../../model/dataset/explore-prepared.ts";
import type { PreparedExploration } from "../../../model/dataset/explore-prepared.ts";
import { exploreSource } from "../../../model/dataset/explore.ts";
import type { Exploration } from "../../../model/dataset/explore.ts";
import { isManifest, knownPictures } from "../../../model/dataset/known-pictures.ts";
import { readLabels } from "../../../model/dataset/labels.ts";
import { mayBePicture } from "../../../model/dataset/prepared-files.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../../exit-codes.ts";
import { countingNumber, regularExpression, wholeNumber } from "../../option-values.ts";
import { openSource } from "./ends.ts";
import { classNames } from "./prepare-options.ts";
import { createRateProgress } from "./rate-progress.ts";
import type { RateProgress } from "./rate-progress.ts";

interface Options {
  readonly labels?: string;
  readonly classes?: readonly string[];
  readonly groupBy?: RegExp;
  readonly output: string;
  readonly sample: number;
  readonly shown: number;
  readonly threads: number;
  readonly json?: true;
}

async function run(uri: string, options: Options): Promise<void> {
  const source = await openSource(
    uri,
    (name) => mayBeInstance(name) || mayBePicture(name) || isManifest(name),
  );
  const progress = createRateProgress();
  try {
    const files = await source.list();
    const pictures = files.filter(({ name }) => mayBePicture(name));
    const instances = files.filter(({ name }) => mayBeInstance(name));
    if (pictures.length + instances.length === 0)
      throw new RangeError(`${uri}: expected DICOM or pictures, found neither`);
    // A set of pictures may have a stray file in it, and an archive of DICOM a few pictures.
    const broken =
      pictures.length > instances.length
        ? await overPictures(source, files, pictures, options, progress)
        : await overInstances(source, instances, options, progress);
    for (const { file, reason } of broken) console.error(`skipped ${file}: ${reason}`);
    process.exitCode = broken.length === 0 ? EXIT_DONE : EXIT_SKIPPED;
  } finally {
    progress.clear();
    await source.close();
  }
}

async function overInstances(
  source: DatasetSource,
  files: readonly SourceFile[],
  options: Options,
  progress: RateProgress,
): Promise<Exploration["broken"]> {
  const { labels: csv, classes, sample, shown: most, threads } = options;
  const labels = csv === undefined ? null : await readLabels(csv, classes ? { classes } : {});
  const { exploration, shown } = await exploreSource(source, files, {
    ...{ labels, sample, shown: most, threads },
    onProgress: (done, total) => progress.show("files", done, total),
  });
  await writeFile(options.output, explorePage(exploration, await drawSamples(source, shown)));
  progress.clear();
  if (options.json) console.log(JSON.stringify(exploration));
  else print(exploration, options.output);
  return exploration.broken;
}

async function overPictures(
  source: DatasetSource,
  files: readonly SourceFile[],
  pictures: readonly SourceFile[],
  options: Options,
  progress: RateProgress,
): Promise<PreparedExploration["broken"]> {
  const { groupBy = null, shown: most, threads } = options;
  const { exploration, shown } = await explorePrepared(source, pictures, {
    manifest: await knownPictures(source, files),
    ...{ groupBy, shown: most, threads },
    onProgress: (done, total) => progress.show("pictures", done, total),
  });
  await writeFile(options.output, preparedPage(exploration, await drawPictures(source, shown)));
  progress.clear();
  if (options.json) console.log(JSON.stringify(exploration));
  else printPrepared(exploration, options.output);
  return exploration.broken;
}

function print(exploration: Exploration, output: string): void {
  const { images, studies, patients, classes, duplicates } = exploration;
  console.log(`${exploration.source}: ${images} images of ${studies} studies and ${patients} patients`);
  for (const [label, count] of classes)
    console.log(`  ${label.padEnd(18)}${count} (${((100 * count) / images).toFixed(1)} %)`);
  console.log(
    `  same pixels       ${duplicates.files} files, ${duplicates.acrossPatients} of other patients`,
  );
  console.log(`page: ${output}`);
}

function printPrepared(exploration: PreparedExploration, output: string): void {
  const { images, patients, counts, leaks, manifest } = exploration;
  const whose = patients === null ? "" : ` of ${patients} patients`;
  console.log(`${exploration.source}: ${images} pictures${whose}`);
  for (const { split, label, images: own, patients: of } of counts)
    console.log(`  ${split.padEnd(11)}${label.padEnd(18)}${own}${of === null ? "" : ` (${of} patients)`}`);
  if (patients !== null) console.log(`  patients in more than one split: ${leaks.tornPatients}`);
  console.log(
    `  same picture: ${leaks.twins}, ${leaks.twinsAcrossSplits} in another split, ${leaks.twinsAcrossClasses} in another class`,
  );
  if (manifest) {
    const { missing, unlisted, altered } = manifest.counts;
    console.log(`  manifest: ${missing} not there, ${unlisted} not listed, ${altered} with other bytes`);
  }
  console.log(`page: ${output}`);
}

export function configure(command: Command): void {
  command
    .command("explore")
    .summary("What DICOM, or a prepared training set, holds: a page, or JSON.")
    .description(
      "What a folder, zip file or bucket holds.\n\n" +
        "DICOM: classes, samples through each window, HU histograms, sizes, spacings, manufacturers, duplicates by\n" +
        "content, broken files.\n" +
        "A prepared set (class folders of JPG or PNG, with splits and a manifest.jsonl where there are any): classes and\n" +
        "splits, samples, the same picture twice, patients and pictures in two splits, what the manifest does not say.\n\n" +
        "The page shows patients' images: treat it as such.",
    )
    .argument("<source>", "folder, zip file (read in place), or either in a bucket (s3://)")
    .option("--labels <csv>", "for DICOM: the challenge's long table, or a table with named columns")
    .option("--classes <names>", "for DICOM: classes, as in normal,epidural,subdural", classNames)
    .option(
      "--group-by <regex>",
      "for pictures without a manifest: the patient is the first capture in a file's name",
      regularExpression,
    )
    .option("--output <file>", "the page", "explore.html")
    .option("--sample <n>", "images whose pixels are looked at for the HU histograms", wholeNumber, 500)
    .option("--shown <n>", "pictures shown of each class (and split)", wholeNumber, 6)
    .option("--threads <n>", "threads that read and decode", countingNumber, availableParallelism())
    .option("--json", "print what was found as JSON")
    .action(run);
}
