/**
 * @file `firstread evaluate`: a model's figures on data with known classes, with 95 % intervals.
 */
import type { Command } from "commander";

import { Classifier } from "../../model/classifier.ts";
import { DEFAULT_GROUP } from "../../model/train/image-folder.ts";
import { toLocalFolder } from "../../store/location.ts";
import { judgeData } from "../evaluate/judge-data.ts";
import type { JudgedData } from "../evaluate/judge-data.ts";
import { writeReport } from "../evaluate/report.ts";
import { jsonOf, resultOf, textOf } from "../evaluate/result.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../exit-codes.ts";
import { countingNumber, probability, regularExpression } from "../option-values.ts";
import { createProgress } from "../progress.ts";

interface Options {
  readonly labels?: string;
  readonly imageColumn?: string;
  readonly labelColumn?: string;
  readonly threshold?: number;
  readonly groupBy: RegExp;
  readonly report?: string;
  readonly threads?: number;
  readonly cases?: boolean;
  readonly json?: boolean;
}

async function judge(classifier: Classifier, data: string, options: Options): Promise<JudgedData> {
  const { labels, imageColumn, labelColumn, groupBy } = options;
  const progress = createProgress();
  try {
    return await judgeData(classifier, data, {
      ...(labels === undefined ? {} : { table: labels }),
      ...(imageColumn === undefined ? {} : { imageColumn }),
      ...(labelColumn === undefined ? {} : { labelColumn }),
      groupBy,
      onProgress: (what, done, total) => progress.show(what, done, total),
    });
  } finally {
    progress.clear();
  }
}

async function run(model: string, data: string, options: Options): Promise<void> {
  const { threads, report, json } = options;
  const classifier = await Classifier.load(
    await toLocalFolder(model),
    threads === undefined ? {} : { threads },
  );
  try {
    const { spec } = classifier;
    const judged = await judge(classifier, await toLocalFolder(data), options);
    const result = resultOf(judged, options.threshold ?? spec.threshold.value, data);
    if (report !== undefined) await writeReport(report, result, judged, { model: spec, data });
    if (json) {
      const about = { model: { name: spec.name, version: spec.version }, data };
      const body = jsonOf(result, judged, options.cases ?? false);
      console.log(JSON.stringify({ ...about, ...body, ...(report === undefined ? {} : { report }) }));
    } else {
      for (const line of textOf(result, judged)) console.log(line);
      if (report !== undefined) console.log(`Report: ${report}`);
      for (const { file, reason } of judged.notScored) console.error(`counted as 0: ${file}: ${reason}`);
      for (const { file, reason } of judged.skipped) console.error(`skipped ${file}: ${reason}`);
    }
    process.exitCode = judged.skipped.length === 0 ? EXIT_DONE : EXIT_SKIPPED;
  } finally {
    await classifier.dispose();
  }
}

export function configure(command: Command): void {
  command
    .argument("<model>", "model package: a folder, .tar.gz or s3://")
    .argument(
      "<data>",
      "a folder (or s3://) with one sub-folder a class, of pictures (JPG, PNG) or of DICOM studies; " +
        "or with pictures or DICOM files and a table of labels",
    )
    .option(
      "--labels <csv>",
      "table of labels (default: labels.csv in the folder): columns file,label[,patient][,study], " +
        "or the RSNA 2019 challenge's long form (ID_xxx_any,1)",
    )
    .option("--image-column <name>", "of the table (default: the usual names are looked for)")
    .option("--label-column <name>", "of the table (default: the usual names are looked for)")
    .option("--threshold <p>", "probability at which a case is called (default: the package's)", probability)
    .option(
      "--group-by <regex>",
      "what of a picture's name is the patient: first capture (default: the text before the last _)",
      regularExpression,
      DEFAULT_GROUP,
    )
    .option("--report <file>", "write an HTML report: curves, calibration, confusion, worst mistakes")
    .option("--threads <n>", "of the network (default: one a core)", countingNumber)
    .option("--cases", "with --json: each case's probabilities too")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Figures: accuracy, sensitivity, specificity, predictive values (Wilson intervals), AUC (DeLong), average precision,
log-loss, Brier score, calibration (ECE of ten bins, slope, in the large); all intervals again by drawing patients.
With the challenge's labels also its weighted log-loss. Slices and studies are judged apart.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some inputs were skipped.`,
    )
    .action(run);
}
