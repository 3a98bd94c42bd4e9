/**
 * @file `firstread dataset synthesize`: phantom head CTs with labels and exact masks.
 */
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

import { parameterHelp, parseParameterRange } from "../../../phantom/parameter-ranges.ts";
import type { ParameterRanges } from "../../../phantom/parameter-ranges.ts";
import { TRAINING_SET_FORMATS, synthesizeTrainingSet } from "../../../phantom/training-set.ts";
import type { TrainingSetFormat } from "../../../phantom/training-set.ts";
import { countingNumber, notNegative, wholeNumber } from "../../option-values.ts";
import { createProgress } from "../../progress.ts";

interface SynthesizeOptions {
  readonly count: number;
  readonly seed: number;
  readonly output: string;
  readonly format: TrainingSetFormat;
  readonly bleeding: number;
  readonly set?: ParameterRanges;
  readonly json?: true;
}

function part(text: string): number {
  const value = notNegative(text);
  if (value > 1) throw new InvalidArgumentError("A number in 0…1 is expected.");
  return value;
}

function parameterRange(text: string, before: ParameterRanges | undefined): ParameterRanges {
  try {
    return parseParameterRange(text, before);
  } catch (error) {
    throw new InvalidArgumentError((error as RangeError).message);
  }
}

async function synthesize({ json, set, ...own }: SynthesizeOptions): Promise<void> {
  const request = { ...own, ...(set ? { ranges: set } : {}) };
  const progress = createProgress();
  let done = 0;
  let made = 0;
  let slices = 0;
  let positiveSlices = 0;
  for await (const { study, made: isNew } of synthesizeTrainingSet(request)) {
    done += 1;
    if (isNew) made += 1;
    slices += study.slices.length;
    positiveSlices += study.slices.filter(({ label }) => label === 1).length;
    progress.show("phantoms", done, request.count);
  }
  progress.clear();
  if (json) {
    console.log(JSON.stringify({ output: request.output, studies: done, made, slices, positiveSlices }));
    return;
  }
  const kept = done > made ? `, ${done - made} were there already` : "";
  console.log(
    `${request.output}: ${done} studies (${made} made${kept}), ${slices} slices, ${positiveSlices} with a bleed`,
  );
}

export function configure(command: Command): void {
  command
    .command("synthesize")
    .summary("Phantom head CTs, with and without a bleed.")
    .description(
      "Phantom head CTs with exact masks. A run that was broken off goes on where it stopped.\n\n" +
        "dicom: studies/, masks/ and labels.csv in the RSNA 2019 long format.\n" +
        "classes: folders normal/ and hemorrhage/ of JPGs whose R, G, B are the three windows.",
    )
    .requiredOption("--output <dir>", "folder to write to")
    .option("--count <n>", "studies", countingNumber, 20)
    .option("--seed <n>", "same seed, same studies", wholeNumber, 1)
    .option("--bleeding <part>", "part of the studies with a bleed, 0…1", part, 0.5)
    .addOption(
      new Option("--format <format>", "what to write").choices(TRAINING_SET_FORMATS).default("dicom"),
    )
    .option(
      "--set <parameter=range>",
      "a parameter's value or range (noiseHu=2..8, gantryTiltDeg=0, surgery=craniotomy); may be repeated",
      parameterRange,
    )
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `\nParameters of --set, and where their values lie. All that are not set are drawn from the seed:\n${parameterHelp()}`,
    )
    .action(synthesize);
}
