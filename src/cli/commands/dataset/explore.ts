/**
 * @file `firstread dataset explore`: what a folder or zip file of DICOM holds, as a page and as JSON.
 */
import { writeFile } from "node:fs/promises";

import type { Command } from "commander";

import { drawSamples, explorePage } from "../../../model/dataset/explore-page.ts";
import { exploreSource } from "../../../model/dataset/explore.ts";
import type { Exploration } from "../../../model/dataset/explore.ts";
import { readLabels } from "../../../model/dataset/labels.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../../exit-codes.ts";
import { wholeNumber } from "../../option-values.ts";
import { openSource } from "./ends.ts";
import { classNames } from "./prepare-options.ts";
import { createRateProgress } from "./rate-progress.ts";

interface Options {
  readonly labels?: string;
  readonly classes?: readonly string[];
  readonly output: string;
  readonly sample: number;
  readonly shown: number;
  readonly json?: true;
}

async function run(uri: string, options: Options): Promise<void> {
  const labels =
    options.labels === undefined
      ? null
      : await readLabels(options.labels, options.classes ? { classes: options.classes } : {});
  const source = await openSource(uri);
  const progress = createRateProgress();
  try {
    const { exploration, shown } = await exploreSource(source, {
      ...{ labels, sample: options.sample, shown: options.shown },
      onProgress: (done, total) => progress.show("files", done, total),
    });
    const samples = await drawSamples(source, shown);
    await writeFile(options.output, explorePage(exploration, samples));
    progress.clear();
    if (options.json) console.log(JSON.stringify(exploration));
    else print(exploration, options.output);
    process.exitCode = exploration.broken.length === 0 ? EXIT_DONE : EXIT_SKIPPED;
  } finally {
    progress.clear();
    await source.close();
  }
}

function print(exploration: Exploration, output: string): void {
  const { images, studies, patients, classes, duplicates, broken } = exploration;
  console.log(`${exploration.source}: ${images} images of ${studies} studies and ${patients} patients`);
  for (const [label, count] of classes)
    console.log(`  ${label.padEnd(18)}${count} (${((100 * count) / images).toFixed(1)} %)`);
  console.log(
    `  same pixels       ${duplicates.files} files, ${duplicates.acrossPatients} of other patients`,
  );
  console.log(`page: ${output}`);
  for (const { file, reason } of broken) console.error(`skipped ${file}: ${reason}`);
}

export function configure(command: Command): void {
  command
    .command("explore")
    .summary("What a folder or zip file of DICOM holds: a page, or JSON.")
    .description(
      "What a folder or zip file of DICOM holds: classes, samples through each window, HU histograms, sizes,\n" +
        "spacings, manufacturers, duplicates by content, broken files. The page shows patients' images: treat it as such.",
    )
    .argument("<source>", "folder of DICOM, a zip file (read in place), or either in a bucket (s3://)")
    .option("--labels <csv>", "the challenge's long table, or a table with named columns")
    .option("--classes <names>", "classes, as in normal,epidural,subdural", classNames)
    .option("--output <file>", "the page", "explore.html")
    .option("--sample <n>", "images whose pixels are looked at for the HU histograms", wholeNumber, 500)
    .option("--shown <n>", "pictures shown of each class", wholeNumber, 6)
    .option("--json", "print what was found as JSON")
    .action(run);
}
