/**
 * @file Transfer learning with a frozen extractor: class folders in, a model package's parts out.
 */
import { readFile } from "node:fs/promises";

import { probeFeatureMaps } from "../compile.ts";
import { pooledShape } from "../head.ts";
import { auc } from "../metrics.ts";
import type { PackageParts } from "../package.ts";
import { readPicture } from "../picture-file.ts";
import { softmax } from "./epoch.ts";
import { computeFeatures } from "./features.ts";
import { summariseHeldOut } from "./held-out.ts";
import type { CrossValidation, HeldOutPicture } from "./held-out.ts";
import type { ImageFolder, LabelledImage } from "./image-folder.ts";
import { compileTrained, packageParts, positiveIndex } from "./package-parts.ts";
import type { Extractor, PackageOptions, TrainedNetwork } from "./package-parts.ts";
import { seededRandom } from "./random.ts";
import { balancedWeights, groupFolds } from "./split.ts";
import { headLogits, trainHead } from "./train-head.ts";
import type { EpochReport, HeadData } from "./train-head.ts";

export interface TrainOptions extends PackageOptions {
  /** Defaults to the class "hemorrhage", else to the last class. */
  readonly positive?: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly classWeights: "balanced" | "none";
  /** Patient-grouped cross-validation; 0 for none. */
  readonly folds: number;
  /** Which pictures the cross-validation judges, by file; the others are only trained on. All by default. */
  readonly judged?: (file: string) => boolean;
  readonly seed: number;
  readonly cacheDir: string | null;
}

/** What happens while it trains. */
export interface TrainEvents {
  readonly onFeatures?: (done: number, total: number) => void;
  /** `fold` counts from 1; 0 is the final training on everything. */
  readonly onEpoch?: (fold: number, report: EpochReport) => void;
  readonly onFold?: (fold: number, areaUnderCurve: number) => void;
}

export interface Trained {
  readonly parts: PackageParts;
  readonly crossValidation: CrossValidation | null;
}

async function crossValidate(
  data: HeadData & { readonly images: readonly LabelledImage[]; readonly judged: readonly boolean[] },
  target: { readonly classes: number; readonly positive: number },
  options: TrainOptions,
  { onEpoch, onFold }: TrainEvents,
): Promise<CrossValidation> {
  const { folds, seed } = options;
  const { classes, positive } = target;
  const { images } = data;
  const pictures = new Map<number, HeldOutPicture>();
  const groups = images.map(({ group }) => group);
  for (const [index, { train, held: heldOut }] of groupFolds(groups, folds, seededRandom(seed)).entries()) {
    const held = heldOut.filter((i) => data.judged[i] === true);
    const head = await trainHead(data, train, {
      ...options,
      classes,
      onEpoch: (report) => onEpoch?.(index + 1, report),
    });
    const own = headLogits(head, data, held).map((logits, n): HeldOutPicture => {
      const probabilities = softmax(Float32Array.from(logits));
      const { file = "", group = "", classIndex = 0 } = images[held[n] ?? 0] ?? {};
      const probability = probabilities[positive] ?? 0;
      return { file, group, classIndex, positive: classIndex === positive, probability, probabilities };
    });
    own.forEach((picture, n) => pictures.set(held[n] ?? 0, picture));
    const scored = { scores: own.map((p) => p.probability), positive: own.map((p) => p.positive) };
    if (new Set(scored.positive).size === 2) onFold?.(index + 1, auc(scored));
  }
  const inOrder = [...pictures].toSorted(([a], [b]) => a - b).map(([, picture]) => picture);
  return summariseHeldOut(inOrder, folds, seed);
}

/**
 * Train a classification layer on the features of a frozen extractor.
 * @throws GraphError when the layer does not exist, UnreadablePicture for a damaged picture
 */
export async function train(
  data: ImageFolder,
  extractor: Extractor,
  options: TrainOptions,
  events: TrainEvents = {},
): Promise<Trained> {
  const { labels, images } = data;
  const { layer, pooling } = options;
  const { size, normalisation } = extractor;
  const classIndex = images.map((image) => image.classIndex);
  const positive = positiveIndex(labels, options.positive);
  const maps = await probeFeatureMaps(extractor.model, layer, size);
  const features = await computeFeatures(
    images.map(({ file }) => file),
    { extractor: extractor.model, extractorDigest: extractor.digest, maps, pooling, size, normalisation },
    { cacheDir: options.cacheDir, ...(events.onFeatures ? { onProgress: events.onFeatures } : {}) },
  );
  const weight =
    options.classWeights === "balanced"
      ? balancedWeights(classIndex, labels.length)
      : classIndex.map(() => 1);
  const headData = {
    features,
    cells: pooledShape(maps, pooling).cells,
    classIndex,
    weight,
    images,
    judged: images.map(({ file }) => options.judged?.(file) ?? true),
  };
  const target = { classes: labels.length, positive };
  const crossValidation = options.folds > 0 ? await crossValidate(headData, target, options, events) : null;
  const head = await trainHead(
    headData,
    images.map((_, i) => i),
    { ...options, classes: labels.length, onEpoch: (report) => events.onEpoch?.(0, report) },
  );
  const { epochs, batchSize, learningRate, weightDecay, classWeights, seed } = options;
  const trained: TrainedNetwork = {
    ...{ extractor, backbone: extractor.model, maps, head, labels, positive, images },
    heldOut: crossValidation,
    how: "A linear layer on a frozen extractor.",
    hyperparameters: { epochs, batchSize, learningRate, weightDecay, classWeights, seed },
    picture: async (index) => {
      const { file = "" } = images[index] ?? {};
      return readPicture(await readFile(file), size, file);
    },
  };
  const parts = await packageParts(compileTrained(trained, options), trained, options);
  return { parts, crossValidation };
}
