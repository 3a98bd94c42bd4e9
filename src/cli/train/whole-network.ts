/**
 * @file `firstread train --train-only-top-layer false`: every weight of a backbone fine-tuned.
 */
import { mkdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { savePackage } from "../../model/package.ts";
import { readPicture } from "../../model/picture-file.ts";
import { DEFAULT_AUGMENTATION } from "../../model/train/augment.ts";
import { DEFAULT_PREPROCESS } from "../../model/train/default-preprocess.ts";
import type { EpochRecord } from "../../model/train/epoch.ts";
import type { StepReport } from "../../model/train/fine-tune.ts";
import { readImageFolder } from "../../model/train/image-folder.ts";
import { decodePictures } from "../../model/train/picture-set.ts";
import { seededRandom } from "../../model/train/random.ts";
import { validationSplit } from "../../model/train/split.ts";
import { trainNetwork } from "../../model/train/train-network.ts";
import { createProgress } from "../progress.ts";
import { licenceFiles, readExtractor, saliencyFor } from "./options.ts";
import type { TrainCommandOptions } from "./options.ts";

/** The new layer's default rate by optimizer; the backbone's is a tenth of it. */
const LEARNING_RATE = { adam: 0.001, sgd: 0.01 } as const;
const BACKBONE_SHARE = 0.1;
const WEIGHT_DECAY = 0.01;

const figure = (value: number | null): string => (value === null ? "–" : value.toFixed(4));

function minutes(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

const runName = (fold: number): string => (fold === 0 ? "" : `fold ${fold}, `);

function stepText(fold: number, { epoch, loss, accuracy, imagesPerSecond, secondsLeft }: StepReport): string {
  const speed = `${imagesPerSecond.toFixed(1)} images/s, ${minutes(secondsLeft)} left`;
  return `${runName(fold)}epoch ${epoch}: loss ${loss.toFixed(3)}, accuracy ${accuracy.toFixed(3)}, ${speed}`;
}

function epochText(fold: number, epochs: number, record: EpochRecord): string {
  const own = `loss ${figure(record.loss)}, accuracy ${figure(record.accuracy)}, AUC ${figure(record.auc)}`;
  const { validationLoss, validationAccuracy, validationAuc } = record;
  const held =
    validationLoss === null
      ? ""
      : `; validation loss ${figure(validationLoss)}, accuracy ${figure(validationAccuracy)}, AUC ${figure(validationAuc)}`;
  const waiting = `${(100 * record.waitingShare).toFixed(1)} % waiting`;
  const speed = `${record.imagesPerSecond.toFixed(1)} images/s, ${minutes(record.seconds)}, ${waiting}`;
  return `${runName(fold)}epoch ${record.epoch} of ${epochs}: ${own}${held} (${speed})`;
}

/** Beside the package: it is there only while training is not done. */
export function checkpointsBeside(output: string): string {
  return join(dirname(output), `.${basename(output)}.checkpoints`);
}

/** Fine-tune on class folders, and write the package. */
export async function trainWholeNetwork(data: string, options: TrainCommandOptions): Promise<void> {
  const { judge, folds = 0, seed } = options;
  const output = resolve(options.output);
  const folder = await readImageFolder(data, options.groupBy);
  const extractor = await readExtractor(options);
  const { size } = extractor;
  const progress = createProgress();
  const checkpointDir = checkpointsBeside(output);
  await mkdir(checkpointDir, { recursive: true });
  const pictures = await decodePictures(
    folder.images.map(({ file }) => file),
    {
      size,
      decode: (bytes, file) => readPicture(bytes, size, file),
      spillFile: join(checkpointDir, "pictures.rgb"),
      onProgress: (done, total) => progress.show("pictures", done, total),
    },
  );
  progress.clear();
  const groups = folder.images.map(({ group }) => group);
  const validation = folds > 0 ? [] : validationSplit(groups, options.validationSplit, seededRandom(seed));
  const learningRate = options.learningRate ?? LEARNING_RATE[options.optimizer];
  const interrupt = new AbortController();
  // Once: after it, a second Ctrl-C ends the process at once.
  process.once("SIGINT", () => {
    console.error("stopping after this step; again: at once");
    interrupt.abort();
  });
  const { parts, heldOut, history } = await trainNetwork({
    data: { labels: folder.labels, images: folder.images, pictures, validation },
    extractor,
    options: {
      ...options,
      folds,
      learningRate,
      version: options.modelVersion,
      preprocess: DEFAULT_PREPROCESS,
      saliency: saliencyFor(options.pooling),
      backboneLearningRate: options.backboneLearningRate ?? BACKBONE_SHARE * learningRate,
      weightDecay: options.weightDecay ?? WEIGHT_DECAY,
      augmentation: options.augmentation ? DEFAULT_AUGMENTATION : null,
      patience: options.earlyStopping,
      ...(judge ? { judged: (file: string) => judge.test(basename(file)) } : {}),
    },
    context: {
      checkpointDir,
      resume: options.resume === true,
      signal: interrupt.signal,
      onStep: (fold, step) => progress.show(stepText(fold, step), step.batch, step.batches),
      onEpoch: (fold, record) => {
        progress.clear();
        console.error(epochText(fold, options.epochs, record));
      },
    },
  });
  const metrics = history.map((record) => `${JSON.stringify(record)}\n`).join("");
  const extra = { "metrics.jsonl": metrics, ...(await licenceFiles(options.backbone)) };
  await savePackage(output, { ...parts, extra });
  if (options.json) {
    console.log(JSON.stringify({ output, metrics: parts.spec.metrics, threshold: parts.spec.threshold }));
    return;
  }
  if (heldOut) console.log(`AUC of held-out patients: ${heldOut.auc.value.toFixed(4)}`);
  console.log(`Model package: ${output}`);
}
