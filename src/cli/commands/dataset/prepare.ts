/**
 * @file `firstread dataset prepare`: DICOM and labels to a training set of three-window pictures.
 */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";

import { Option } from "commander";
import type { Command } from "commander";

import { HEAD_CT_WINDOWS } from "../../../domain/slice.ts";
import { finishDataset } from "../../../model/dataset/finish.ts";
import type { DatasetSummary } from "../../../model/dataset/finish.ts";
import { readLabels } from "../../../model/dataset/labels.ts";
import type { Shard } from "../../../model/dataset/manifest.ts";
import { WINDOW_FUNCTIONS } from "../../../model/dataset/picture.ts";
import type { PictureSpec } from "../../../model/dataset/picture.ts";
import { prepareDataset } from "../../../model/dataset/prepare.ts";
import type { PrepareReport } from "../../../model/dataset/prepare.ts";
import { SPLITS } from "../../../model/dataset/split-plan.ts";
import type { SplitParts } from "../../../model/dataset/split-plan.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../../exit-codes.ts";
import { countingNumber, wholeNumber } from "../../option-values.ts";
import { openSink, openSource } from "./ends.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import { classNames, jpegQuality, shardOf, splitParts, threeWindows } from "./prepare-options.ts";
import type { ThreeWindows } from "./prepare-options.ts";
import { createRateProgress } from "./rate-progress.ts";

interface Options {
  readonly labels: string;
  readonly output: string;
  readonly classes?: readonly string[];
  readonly imageColumn?: string;
  readonly labelColumn?: string;
  readonly split: SplitParts;
  readonly seed: number;
  readonly windows: ThreeWindows;
  readonly windowFunction: PictureSpec["windowFunction"];
  readonly size?: number;
  readonly crop: PictureSpec["crop"];
  readonly format: PictureSpec["format"];
  readonly quality: number;
  readonly secretFile?: string;
  readonly shard: Shard;
  readonly threads: number;
  readonly json?: true;
}

/** Problems that are printed; the rest stands in the files. */
const MOST_PRINTED = 20;

async function run(uri: string, options: Options): Promise<void> {
  const { imageColumn, labelColumn, classes, windows, windowFunction, crop, format, quality } = options;
  const labels = await readLabels(options.labels, {
    ...(classes ? { classes } : {}),
    ...(imageColumn === undefined ? {} : { imageColumn }),
    ...(labelColumn === undefined ? {} : { labelColumn }),
  });
  const secret = options.secretFile === undefined ? "" : (await readFile(options.secretFile, "utf8")).trim();
  const source = await openSource(uri);
  const sink = await openSink(options.output);
  const progress = createRateProgress();
  try {
    const report = await prepareDataset({
      ...{ source, sink, labels, secret, split: options.split, seed: options.seed },
      picture: { windows, windowFunction, size: options.size ?? null, crop, format, quality },
      ...{ shard: options.shard, threads: options.threads, signal: abortOnInterrupt() },
      onProgress: progress.show,
    });
    progress.clear();
    const summary = options.shard.of === 1 ? (await finishDataset(sink)).summary : null;
    if (options.json) console.log(JSON.stringify({ output: options.output, ...report, summary }));
    else print(options.output, report, summary);
    process.exitCode = report.skipped.length === 0 ? EXIT_DONE : EXIT_SKIPPED;
  } finally {
    progress.clear();
    await sink.close();
    await source.close();
  }
}

function print(output: string, report: PrepareReport, summary: DatasetSummary | null): void {
  const { made, kept, seconds, skipped, labels } = report;
  console.log(
    `${output}: ${made} pictures made${kept > 0 ? `, ${kept} were there already` : ""}, ` +
      `${seconds.toFixed(1)} s (${(made / Math.max(seconds, 1e-3)).toFixed(0)} a second)`,
  );
  if (summary) printSummary(summary);
  for (const { file, reason } of skipped.slice(0, MOST_PRINTED)) console.error(`skipped ${file}: ${reason}`);
  if (skipped.length > MOST_PRINTED)
    console.error(`… and ${skipped.length - MOST_PRINTED} more, in skipped*.jsonl`);
  const without: [number, string][] = [
    [report.withoutLabel, "files that no label names (without-label.txt)"],
    [report.withoutFile, "labels that no file has (without-file.txt)"],
    ...Object.entries(report.withoutClass).map(([reason, n]): [number, string] => [
      n,
      `images without a class: ${reason}`,
    ]),
    [labels.repeatedRows, "label rows that stand twice"],
    [labels.unreadableRows, "label rows that cannot be read"],
  ];
  for (const [count, what] of without) if (count > 0) console.error(`${count} ${what}`);
  for (const line of labels.unreadable.slice(0, MOST_PRINTED)) console.error(`  ${line}`);
}

/** A line a split. */
export function printSummary(summary: DatasetSummary): void {
  for (const split of SPLITS) {
    const counts = summary.counts.filter((count) => count.split === split);
    console.log(
      `  ${split.padEnd(11)}${counts.map(({ label, images, patients }) => `${images} ${label} (${patients} patients)`).join(", ")}`,
    );
  }
  if (summary.leaks.length > 0)
    console.error(`${summary.leaks.length} pictures have a twin in another split; see DATASET_CARD.md`);
}

export function configure(command: Command): void {
  command
    .command("prepare")
    .summary("DICOM and labels to class folders of three-window pictures.")
    .description(
      "DICOM and labels to train/, validation/ and test/, each with a folder a class of three-window pictures.\n\n" +
        "Splits are by patient and study. A run that was broken off goes on where it stopped.\n" +
        "With --shard, several machines share the work; `dataset merge` ends it.",
    )
    .argument(
      "<source>",
      "folder of DICOM, a zip file (read in place), or either in a bucket: s3://bucket/prefix, s3://bucket/x.zip",
    )
    .requiredOption(
      "--labels <csv>",
      "the challenge's long table (ID_xxx_any,1) or a table with named columns",
    )
    .requiredOption("--output <dir>", "folder or s3://bucket/prefix to write to")
    .option(
      "--classes <names>",
      "classes, as in normal,epidural,subdural (default: normal, hemorrhage)",
      classNames,
    )
    .option("--image-column <name>", "the column that names the image (default: file, image, id, …)")
    .option("--label-column <name>", "the column that names the class (default: label, class, …)")
    .addOption(
      new Option("--split <parts>", "train/validation/test in percent")
        .argParser(splitParts)
        .default(splitParts("80/10/10"), "80/10/10"),
    )
    .option("--seed <n>", "same seed, same splits", wholeNumber, 1)
    .addOption(
      new Option("--windows <three>", "centre/width in HU for R,G,B")
        .argParser(threeWindows)
        .default(HEAD_CT_WINDOWS, "40/80,80/200,600/2800"),
    )
    .addOption(
      new Option(
        "--window-function <name>",
        "the standard's LINEAR, or LINEAR_EXACT as most notebooks have it",
      )
        .choices(Object.keys(WINDOW_FUNCTIONS))
        .default("linear"),
    )
    .option("--size <pixels>", "side of the picture (default: as the slice is)", countingNumber)
    .addOption(new Option("--crop <what>", "what is shown").choices(["none", "head"]).default("none"))
    .addOption(new Option("--format <format>", "of the pictures").choices(["jpg", "png"]).default("jpg"))
    .option("--quality <n>", "JPEG quality, 1…100", jpegQuality, 95)
    .option("--secret-file <file>", "key of the patients' digests in the manifest")
    .addOption(
      new Option("--shard <i/n>", "do the i-th of n parts")
        .argParser(shardOf)
        .default({ index: 1, of: 1 }, "1/1"),
    )
    .option("--threads <n>", "threads that make pictures", countingNumber, availableParallelism())
    .option("--json", "print the result as JSON")
    .action(run);
}
