/**
 * @file `firstread train`: transfer learning from class folders to a model package.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";

import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

import { gradCam } from "../../explain/grad-cam.ts";
import { hiResCam } from "../../explain/hires-cam.ts";
import {
  IMAGENET_NORMALISATION,
  SYMMETRIC_NORMALISATION,
  UNIT_NORMALISATION,
  readExtractorNote,
} from "../../model/import/extractor-note.ts";
import { licencePath } from "../../model/import/import-model.ts";
import { savePackage } from "../../model/package.ts";
import { POOLINGS } from "../../model/spec.ts";
import type { Pooling } from "../../model/spec.ts";
import { DEFAULT_PREPROCESS } from "../../model/train/default-preprocess.ts";
import { defaultFeatureCacheDir } from "../../model/train/feature-cache.ts";
import { DEFAULT_GROUP, readImageFolder } from "../../model/train/image-folder.ts";
import { train } from "../../model/train/train.ts";
import type { Extractor } from "../../model/train/train.ts";
import { readOnnx } from "../../nn/onnx-file.ts";
import {
  countingNumber,
  notNegative,
  regularExpression,
  trueOrFalse,
  wholeNumber,
} from "../option-values.ts";
import { createProgress } from "../progress.ts";

const NORMALISATIONS = {
  imagenet: IMAGENET_NORMALISATION,
  symmetric: SYMMETRIC_NORMALISATION,
  unit: UNIT_NORMALISATION,
} as const;

interface Options {
  readonly output: string;
  readonly backbone: string;
  readonly layer: string;
  readonly trainOnlyTopLayer: boolean;
  readonly pooling: Pooling;
  readonly size?: number;
  readonly normalisation?: keyof typeof NORMALISATIONS;
  readonly positive?: string;
  readonly groupBy: RegExp;
  readonly folds: number;
  readonly judge?: RegExp;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly classWeights: "balanced" | "none";
  readonly seed: number;
  readonly cache: string | false;
  readonly name: string;
  readonly modelVersion: string;
  readonly licence: string;
  readonly json?: true;
}

/** The extractor's file with what its note, or the options, say of its input. */
async function readExtractor({ backbone, size, normalisation }: Options): Promise<Extractor> {
  const bytes = await readFile(backbone);
  const model = readOnnx(bytes);
  const note = await readExtractorNote(backbone);
  const declared = model.inputs[0]?.shape?.[2];
  const side = size ?? note?.size ?? (typeof declared === "number" ? declared : undefined);
  const chosen = normalisation ? NORMALISATIONS[normalisation] : note?.normalisation;
  if (side === undefined) throw new Error(`${backbone} does not say its input size: give --size`);
  if (!chosen) throw new Error(`${backbone} does not say its normalisation: give --normalisation`);
  return {
    model,
    digest: createHash("sha256").update(bytes).digest("hex"),
    description: note ? `${note.description}; ${note.source}; ${note.licence}` : basename(backbone),
    size: side,
    normalisation: chosen,
  };
}

async function run(data: string, options: Options): Promise<void> {
  if (!options.trainOnlyTopLayer) {
    throw new Error("--train-only-top-layer false: training the whole network is not supported yet");
  }
  const { judge } = options;
  const folder = await readImageFolder(data, options.groupBy);
  const extractor = await readExtractor(options);
  const patients = new Set(folder.images.map(({ group }) => group)).size;
  console.error(
    `${folder.images.length} pictures of ${patients} patients; classes ${folder.labels.join(", ")}`,
  );
  const progress = createProgress();
  const { parts, crossValidation } = await train(
    folder,
    extractor,
    {
      ...options,
      version: options.modelVersion,
      preprocess: DEFAULT_PREPROCESS,
      saliency: options.pooling === "log-mean-exp" ? hiResCam : gradCam,
      cacheDir: options.cache === false ? null : resolve(options.cache),
      ...(judge ? { judged: (file) => judge.test(basename(file)) } : {}),
    },
    {
      onFeatures: (done, total) => progress.show("features", done, total),
      onFold: (fold, area) => {
        progress.clear();
        console.error(`fold ${fold}: AUC of held-out patients ${area.toFixed(4)}`);
      },
      onEpoch: (fold, { epoch, loss, accuracy }) => {
        progress.show(fold ? `fold ${fold}` : "all", epoch, options.epochs);
        if (fold > 0 || (epoch % 10 !== 0 && epoch !== options.epochs)) return;
        progress.clear();
        console.error(`epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`);
      },
    },
  );
  progress.clear();
  const licence = await readFile(licencePath(options.backbone), "utf8").catch(() => null);
  const extra = licence === null ? {} : { "EXTRACTOR-LICENSE.txt": licence };
  const { spec } = await savePackage(resolve(options.output), { ...parts, extra });
  if (options.json) {
    console.log(
      JSON.stringify({ output: resolve(options.output), metrics: spec.metrics, threshold: spec.threshold }),
    );
    return;
  }
  if (crossValidation) {
    const { auc, byPatient, folds } = crossValidation;
    const range = (interval: readonly [number, number]) => interval.map((v) => v.toFixed(3)).join(" to ");
    console.log(`AUC, ${folds} folds by patient: ${auc.value.toFixed(4)}`);
    console.log(
      `  95 % interval: ${range(byPatient)} (patients drawn again), ${range(auc.interval)} (DeLong)`,
    );
  }
  console.log(`Model package: ${resolve(options.output)}`);
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
      "folder with one sub-folder of .jpg or .png pictures a class (R, G, B: the three windows)",
    )
    .requiredOption("--output <dir>", "where the model package goes; what is there is replaced")
    .requiredOption("--backbone <file>", "pretrained extractor, .onnx (see: firstread model import)")
    .requiredOption("--layer <name>", "value of the extractor's graph whose feature maps are used")
    .option("--train-only-top-layer <bool>", "keep the extractor as it is", trueOrFalse, true)
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
      "--group-by <regex>",
      "what of a file's name is the patient: first capture (default: the text before the last _)",
      regularExpression,
      DEFAULT_GROUP,
    )
    .option("--folds <k>", "cross-validation grouped by patient; 0 for none", foldCount, 5)
    .option(
      "--judge <regex>",
      "file names that cross-validation judges; the others are only trained on (default: all)",
      regularExpression,
    )
    .option("--epochs <n>", "passes over the data", countingNumber, 40)
    .option("--batch-size <n>", "pictures a step", countingNumber, 64)
    .option("--learning-rate <rate>", "of Adam", notNegative, 0.001)
    .option("--weight-decay <rate>", "decoupled, of Adam", notNegative, 0.1)
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
    .action(run);
}
