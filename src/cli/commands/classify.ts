/**
 * @file `firstread classify`: score JPG and PNG pictures.
 */
import { readFile } from "node:fs/promises";

import { InvalidArgumentError } from "commander";
import type { Command } from "commander";

import type { Window } from "../../domain/slice.ts";
import { Classifier } from "../../model/classifier.ts";
import type { PictureResult } from "../../model/classifier.ts";
import { DEFAULT_MODEL_DIR } from "../../model/package.ts";
import { UnreadablePicture, readGrey, readPicture } from "../../model/picture-file.ts";
import { sliceFromGrey } from "../../model/slice-from-grey.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../exit-codes.ts";
import { windowCenterWidth } from "../option-values.ts";
import { createProgress } from "../progress.ts";

interface Options {
  readonly model: string;
  readonly window?: Window;
  readonly pixelMm?: number;
  readonly json?: boolean;
}

async function classify(
  classifier: Classifier,
  file: string,
  { window, pixelMm }: Options,
): Promise<Pick<PictureResult, "probabilities"> | undefined> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnreadablePicture(why, { cause });
  });
  if (window) {
    const slice = sliceFromGrey(await readGrey(bytes, file), window, pixelMm);
    return (await classifier.classifySlices([slice]))[0];
  }
  return (await classifier.classifyRgb([await readPicture(bytes, classifier.spec.input.size, file)]))[0];
}

async function run(files: readonly string[], options: Options): Promise<void> {
  const classifier = await Classifier.load(options.model);
  const { labels } = classifier;
  const progress = createProgress();
  let skipped = 0;
  try {
    for (const [index, file] of files.entries()) {
      progress.show("classify", index, files.length);
      try {
        const { probabilities = [] } = (await classify(classifier, file, options)) ?? {};
        progress.clear();
        const predicted = labels[probabilities.indexOf(Math.max(...probabilities))] ?? "";
        const line = { file, labels, probabilities, predicted_label: predicted };
        const each = labels.map((label, i) => `${label} ${(probabilities[i] ?? 0).toFixed(3)}`);
        console.log(options.json ? JSON.stringify(line) : `${file}: ${predicted} (${each.join(", ")})`);
      } catch (error) {
        if (!(error instanceof UnreadablePicture)) throw error;
        progress.clear();
        skipped++;
        console.error(`skipped ${error.message}`);
      }
    }
    if (!options.json) console.log("Research use only; never a diagnosis.");
    process.exitCode = skipped === 0 ? EXIT_DONE : EXIT_SKIPPED;
  } finally {
    await classifier.dispose();
  }
}

function millimetres(text: string): number {
  if (!(Number(text) > 0)) throw new InvalidArgumentError("A number above 0 is expected.");
  return Number(text);
}

export function configure(command: Command): void {
  command
    .argument("<image...>", "JPG or PNG pictures; R, G, B are the brain, subdural and bone window")
    .option("--model <dir>", "model package", DEFAULT_MODEL_DIR)
    .option(
      "--window <center/width>",
      "the pictures are grey and show this window, e.g. 40/80",
      windowCenterWidth,
    )
    .option(
      "--pixel-mm <mm>",
      "with --window: size of a pixel (default: the picture is 240 mm wide)",
      millimetres,
    )
    .option("--json", "print one JSON line a picture")
    .action(run);
}
