/** @file The options of `firstread explain` that say which model. */
import { Option } from "commander";
import type { Command } from "commander";

import { DEFAULT_MODEL_DIR } from "../../model/package.ts";
import { countingNumber } from "../option-values.ts";
import { NORMALISATIONS } from "../train/options.ts";

/** Which model, and what has to be said of a bare graph. */
export function addModelOptions(command: Command): Command {
  return command
    .option("--model <package|file.onnx>", "model package, or any ONNX classifier", DEFAULT_MODEL_DIR)
    .option("--output <name>", "of an ONNX file: the value with the logits (default: found)")
    .option("--input-size <pixels>", "of an ONNX file that leaves it open", countingNumber)
    .addOption(
      new Option(
        "--normalisation <how>",
        "of an ONNX file's input (default: its note's, else imagenet)",
      ).choices(Object.keys(NORMALISATIONS)),
    )
    .option("--labels <file>", "of an ONNX file: class names, one a line or as JSON (default: numbers)");
}
