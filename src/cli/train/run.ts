/**
 * @file `firstread train`, from folders on this machine to a package on this machine.
 */
import { existsSync } from "node:fs";
import { mkdir, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { savePackage } from "../../model/package.ts";
import { readGrey, readPicture } from "../../model/picture-file.ts";
import { prepareSlices } from "../../model/preprocess.ts";
import { sliceFromGrey } from "../../model/slice-from-grey.ts";
import { auc } from "../../model/metrics.ts";
import { DEFAULT_AUGMENTATION } from "../../model/train/augment.ts";
import { DEFAULT_PREPROCESS } from "../../model/train/default-preprocess.ts";
import type { HeldOutPicture } from "../../model/train/held-out.ts";
import { readLabelledFolder, withValidation } from "../../model/train/labelled-folder.ts";
import type { LabelledFolder } from "../../model/train/labelled-folder.ts";
import type { DecodeOptions } from "../../model/train/picture-set.ts";
import type { Extractor } from "../../model/train/package-parts.ts";
import { prepareTrainingData } from "../../model/train/prepare-data.ts";
import type { PreparedData } from "../../model/train/prepare-data.ts";
import { train } from "../../model/train/train.ts";
import type { TrainedPackage, TrainOptions } from "../../model/train/train.ts";
import { trainingReport } from "../../model/train/training-report.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../exit-codes.ts";
import { createProgress } from "../progress.ts";
import type { Progress } from "../progress.ts";
import { licenceFiles, readExtractor, saliencyFor } from "./options.ts";
import type { TrainCommandOptions } from "./options.ts";
import { epochText, stepText } from "./texts.ts";

/** Defaults that depend on what is trained. */
const TOP_LAYER = { folds: 5, learningRate: 0.01, weightDecay: 0.1, augmentation: false } as const;
const WHOLE_NETWORK = { folds: 0, weightDecay: 0.01, augmentation: true } as const;
const WHOLE_NETWORK_RATE = { adam: 0.001, sgd: 0.01 } as const;
const BACKBONE_SHARE = 0.1;

/** Unreadable pictures that are named one by one. */
const NAMED = 10;

/** Checkpoints are beside the package, and only there while training is not done. */
function checkpointsBeside(output: string): string {
  return join(dirname(output), `.${basename(output)}.checkpoints`);
}

/** How a picture becomes `[size, size, 3]`: as it is, or by way of HU where it is a grey one of one window. */
function decoderFor(size: number, { window }: TrainCommandOptions): DecodeOptions["decode"] {
  if (!window) return (bytes, file) => readPicture(bytes, size, file);
  return async (bytes, file) => {
    const slice = sliceFromGrey(await readGrey(bytes, file), window);
    const [prepared] = prepareSlices([slice], { ...DEFAULT_PREPROCESS, size });
    if (!prepared) throw new RangeError(`${file}: no slice came of it`);
    return prepared.rgb;
  };
}

async function readFolders(
  data: string,
  { groupBy, validation }: TrainCommandOptions,
): Promise<LabelledFolder> {
  const folder = await readLabelledFolder(data, groupBy);
  if (validation === undefined) return folder;
  return withValidation(folder, await readLabelledFolder(validation, groupBy), validation);
}

function trainOptions(options: TrainCommandOptions): TrainOptions {
  const { judge, trainOnlyTopLayer: onlyTopLayer, augmentation, ...others } = options;
  const defaults = onlyTopLayer
    ? TOP_LAYER
    : { ...WHOLE_NETWORK, learningRate: WHOLE_NETWORK_RATE[options.optimizer] };
  const learningRate = options.learningRate ?? defaults.learningRate;
  return {
    ...others,
    onlyTopLayer,
    learningRate,
    backboneLearningRate: options.backboneLearningRate ?? BACKBONE_SHARE * learningRate,
    folds: options.folds ?? defaults.folds,
    weightDecay: options.weightDecay ?? defaults.weightDecay,
    augmentation: (augmentation ?? defaults.augmentation) ? DEFAULT_AUGMENTATION : null,
    patience: options.earlyStopping,
    version: options.modelVersion,
    preprocess: DEFAULT_PREPROCESS,
    saliency: saliencyFor(options.pooling),
    cacheDir: options.cache === false ? null : resolve(options.cache),
    ...(judge ? { judged: (file: string) => judge.test(basename(file)) } : {}),
  };
}

/** Say what the data is, and what of it is left out. */
function describeData({ labels, images, train: trained, validation, skipped, notes }: PreparedData): void {
  const patients = new Set([...trained, ...validation].map((i) => images[i]?.group)).size;
  const held = validation.length > 0 ? `, ${validation.length} of them for validation` : "";
  console.error(
    `${trained.length + validation.length} pictures of ${patients} patients${held}; classes ${labels.join(", ")}`,
  );
  for (const { reason } of skipped.slice(0, NAMED)) console.error(`skipped: ${reason}`);
  if (skipped.length > NAMED) console.error(`skipped: ${skipped.length - NAMED} more pictures`);
  for (const note of notes) console.error(note);
}

/** Runs `work` with a signal that the first Ctrl-C sets; a second one ends the process as usual. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const stop = (): void => {
    console.error("stopping after this step, with a checkpoint (again: at once, without)");
    interrupt.abort();
  };
  process.once("SIGINT", stop);
  try {
    return await work(interrupt.signal);
  } finally {
    process.removeListener("SIGINT", stop);
  }
}

function foldText(fold: number, pictures: readonly HeldOutPicture[]): string {
  const positive = pictures.map((picture) => picture.positive);
  if (new Set(positive).size < 2) return `fold ${fold}: its held-out patients are of one kind, no AUC`;
  const area = auc({ scores: pictures.map(({ probability }) => probability), positive });
  return `fold ${fold}: AUC of held-out patients ${area.toFixed(4)}`;
}

async function trainWith(
  data: PreparedData,
  extractor: Extractor,
  options: TrainCommandOptions,
  checkpointDir: string,
  progress: Progress,
): Promise<TrainedPackage> {
  const say = (text: string): void => {
    progress.clear();
    console.error(text);
  };
  return interruptible((signal) =>
    train({
      data,
      extractor,
      options: trainOptions(options),
      context: {
        checkpointDir,
        resume: options.resume === true,
        signal,
        onFeatures: (done, total) => progress.show("features", done, total),
        onStep: (fold, step) => progress.show(stepText(fold, step), step.batch, step.batches),
        onEpoch: (fold, record) => say(epochText(fold, options.epochs, record)),
        onFold: (fold, pictures) => say(foldText(fold, pictures)),
      },
    }),
  );
}

function printResult(
  output: string,
  { parts, heldOut }: TrainedPackage,
  skipped: number,
  json: boolean,
): void {
  const { metrics, threshold } = parts.spec;
  if (json) {
    console.log(JSON.stringify({ output, metrics, threshold, skipped }));
    return;
  }
  if (heldOut) {
    const range = (interval: readonly [number, number]) => interval.map((v) => v.toFixed(3)).join(" to ");
    const how = heldOut.folds > 0 ? `${heldOut.folds} folds by patient` : "validation patients";
    console.log(`AUC, ${how}: ${heldOut.auc.value.toFixed(4)}`);
    const [byPatient, deLong] = [range(heldOut.byPatient), range(heldOut.auc.interval)];
    console.log(`  95 % interval: ${byPatient} (patients drawn again), ${deLong} (DeLong)`);
  }
  console.log(`Model package: ${output}`);
}

/**
 * Train on a folder and write the package. What is between is kept beside the package until it is done.
 * @param publish takes the package elsewhere, and says where it is then
 * @throws Error saying that the disk is full, where it is; what `train` throws
 */
export async function runTraining(
  data: string,
  output: string,
  options: TrainCommandOptions,
  publish: (dir: string) => Promise<string> = async (dir) => dir,
): Promise<void> {
  const progress = createProgress();
  const checkpointDir = checkpointsBeside(output);
  const spillFile = join(checkpointDir, "pictures.rgb");
  if (existsSync(checkpointDir) && !options.resume) {
    console.error(`a training of ${output} was interrupted before; this one begins anew (--resume goes on)`);
  }
  try {
    await mkdir(checkpointDir, { recursive: true });
    const extractor = await readExtractor(options);
    const { size } = extractor;
    const prepared = await prepareTrainingData(await readFolders(data, options), {
      size,
      decode: decoderFor(size, options),
      spillFile,
      validationSplit: trainOptions(options).folds > 0 ? 0 : options.validationSplit,
      seed: options.seed,
      allowDuplicates: options.allowDuplicates === true,
      onProgress: (done, total) => progress.show("pictures", done, total),
    });
    progress.clear();
    describeData(prepared);
    const trained = await trainWith(prepared, extractor, options, checkpointDir, progress);
    progress.clear();
    const metrics = trained.history.map((record) => `${JSON.stringify(record)}\n`).join("");
    const remarks = [...prepared.skipped.map(({ reason }) => reason), ...prepared.notes];
    const extra = {
      "metrics.jsonl": metrics,
      "report.html": await trainingReport(trained, remarks),
      ...(await licenceFiles(options.backbone)),
    };
    await savePackage(output, { ...trained.parts, extra });
    const place = await publish(output);
    await rm(checkpointDir, { recursive: true, force: true });
    printResult(place, trained, prepared.skipped.length, options.json === true);
    process.exitCode = prepared.skipped.length > 0 ? EXIT_SKIPPED : EXIT_DONE;
  } catch (error) {
    progress.clear();
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    throw new Error(
      `the disk is full; checkpoints in ${checkpointDir} are intact: make room and add --resume`,
      {
        cause: error,
      },
    );
  } finally {
    await rm(spillFile, { force: true });
    // What failed before its first checkpoint leaves nothing behind.
    await rmdir(checkpointDir).catch(() => undefined);
  }
}
