/**
 * @file `firstread train`: transfer learning from class folders to a model package.
 */
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

import { POOLINGS } from "../../model/spec.ts";
import { defaultFeatureCacheDir } from "../../model/train/feature-cache.ts";
import { MONITORS } from "../../model/train/fine-tune.ts";
import { SCHEDULES } from "../../model/train/schedule.ts";
import { WEIGHT_FORMATS } from "../../model/train/same-logits.ts";
import {
  countingNumber,
  notNegative,
  regularExpression,
  shareBelowOne,
  trueOrFalse,
  wholeNumber,
  windowCenterWidth,
} from "../option-values.ts";
import { NORMALISATIONS } from "../train/options.ts";
import { trainBetween } from "../train/places.ts";

/** A column's name or a regular expression, both of which are one. */
function groupRule(text: string): string {
  return regularExpression(text).source;
}

function foldCount(text: string): number {
  const value = wholeNumber(text);
  if (value === 1) throw new InvalidArgumentError("0 for none, or 2 and more.");
  return value;
}

export function configure(command: Command): void {
  command
    .argument(
      "<data>",
      "folder (or s3://) with one sub-folder of .jpg or .png pictures a class (R, G, B: the three windows), or with labels.csv " +
        "(columns file, label; patient and split where there are any)",
    )
    .requiredOption(
      "--output <dir>",
      "where the model package goes (folder, .tar.gz or s3://); what is there is replaced",
    )
    .requiredOption("--backbone <file>", "pretrained extractor, .onnx (see: firstread model import)")
    .option(
      "--layer <name>",
      "value of the backbone's graph whose feature maps are used; auto: the one before its classifier",
      "auto",
    )
    .option(
      "--train-only-top-layer <bool>",
      "true: the backbone stays as it is; false: all weights are fine-tuned",
      trueOrFalse,
      true,
    )
    .addOption(
      new Option("--pooling <how>", "feature maps to features").choices(POOLINGS).default("mean+max"),
    )
    .option("--size <pixels>", "side of the extractor's input, where it does not say", countingNumber)
    .addOption(
      new Option("--normalisation <how>", "of the input, where the extractor does not say").choices(
        Object.keys(NORMALISATIONS),
      ),
    )
    .option("--positive <class>", 'the class to find (default: "hemorrhage", else the last)')
    .option(
      "--group-by <regex|column>",
      "the patient: a column of labels.csv, or the first capture in a file's name (default: the column patient or " +
        "group, else the text before the last _)",
      groupRule,
    )
    .option("--validation <dir>", "pictures to validate on, of the same classes; instead of a split")
    .option(
      "--allow-duplicates",
      "also where the same picture is in two classes, or in training and validation",
    )
    .option("--window <center/width>", "grey pictures of one window, in HU, e.g. 40/80", windowCenterWidth)
    .option(
      "--folds <k>",
      "cross-validation grouped by patient; 0 for none (default: 5 for the top layer, else 0)",
      foldCount,
    )
    .option(
      "--validation-split <share>",
      "of the pictures, whole patients; where there are no folds",
      shareBelowOne,
      0.2,
    )
    .option(
      "--judge <regex>",
      "file names that cross-validation judges; the others are only trained on (default: all)",
      regularExpression,
    )
    .option("--epochs <n>", "passes over the data", countingNumber, 5)
    .option("--batch-size <n>", "pictures a step", countingNumber, 32)
    .addOption(new Option("--optimizer <name>", "sgd: momentum 0.9").choices(["adam", "sgd"]).default("adam"))
    .option(
      "--learning-rate <rate>",
      "of the new layer (default: 0.01 for it alone; whole network 0.001 with adam, 0.01 with sgd)",
      notNegative,
    )
    .option("--backbone-learning-rate <rate>", "of the old layers (default: a tenth)", notNegative)
    .option(
      "--weight-decay <rate>",
      "decoupled; not on biases and normalisation (default: 0.1 for the top layer, else 0.01)",
      notNegative,
    )
    .addOption(
      new Option("--schedule <name>", "of the learning rates over the run")
        .choices(SCHEDULES)
        .default("cosine"),
    )
    .option("--warm-up-epochs <n>", "over which the rates rise first", notNegative, 0.5)
    .option("--label-smoothing <share>", "of the target, spread over all classes", shareBelowOne, 0)
    .addOption(
      new Option("--monitor <figure>", "what the best epoch is chosen by")
        .choices(MONITORS)
        .default("validation-loss"),
    )
    .option(
      "--early-stopping <epochs>",
      "stop after so many without a better one; 0 for never",
      wholeNumber,
      0,
    )
    .option(
      "--augmentation <bool>",
      "flips, rotation, shift, scale, window, noise, blur (default: true for the whole network)",
      trueOrFalse,
    )
    .option("--augmented-copies <n>", "for the top layer: changed copies of each picture", countingNumber, 4)
    .addOption(
      new Option("--weights <format>", "how the package keeps matrices and kernels")
        .choices(WEIGHT_FORMATS)
        .default("float16"),
    )
    .option("--threads <n>", "of the network (default: one a core)", countingNumber)
    .option("--feed-threads <n>", "that prepare pictures", countingNumber, 1)
    .option("--resume", "go on from the checkpoint of a run that was interrupted")
    .addOption(
      new Option("--class-weights <how>", "balanced: every class counts the same")
        .choices(["balanced", "none"])
        .default("balanced"),
    )
    .option("--seed <n>", "of the initial weights, the order and the folds", wholeNumber, 1)
    .option("--cache <dir>", "features that were computed before", defaultFeatureCacheDir())
    .option("--no-cache", "compute all features anew")
    .option("--name <name>", "of the model", "firstread-head")
    .option("--model-version <version>", "of the model", "1")
    .option("--licence <text>", "of the package", "research use only; see the licences of data and extractor")
    .option("--json", "print the result as JSON")
    .action(trainBetween);
}
