/**
 * @file Training a whole network: pictures with classes in, the parts of a model package out. With folds, each is a run
 * of its own on the other patients, and the model that is kept is trained on all pictures.
 */
import { join } from "node:path";

import { withHalfWeights } from "../../nn/half-weights.ts";
import type { Model } from "../../nn/model.ts";
import { probeFeatureMaps } from "../compile.ts";
import type { FeatureMaps } from "../head.ts";
import { digestOf } from "../package.ts";
import type { PackageParts } from "../package.ts";
import type { Augmentation } from "./augment.ts";
import { findLayer, sizedBackbone } from "./backbone.ts";
import { CheckpointFolder } from "./checkpoint.ts";
import { softmax } from "./epoch.ts";
import type { EpochRecord } from "./epoch.ts";
import { Feed } from "./feed.ts";
import { fineTune } from "./fine-tune.ts";
import type { FineTuneContext, FineTuneOptions, FineTuned, StepReport } from "./fine-tune.ts";
import { summariseHeldOut } from "./held-out.ts";
import type { CrossValidation, HeldOutPicture } from "./held-out.ts";
import type { LabelledImage } from "./image-folder.ts";
import { featureStandard, networkLogits } from "./network-outputs.ts";
import { buildNetwork, takeApart, withParameters } from "./network.ts";
import type { Network } from "./network.ts";
import { compileTrained, packageParts, positiveIndex } from "./package-parts.ts";
import type { Extractor, PackageOptions } from "./package-parts.ts";
import { pictureAt } from "./picture-set.ts";
import type { PictureSet } from "./picture-set.ts";
import { mixedSeed, seededRandom, shuffled } from "./random.ts";
import { balancedWeights, groupFolds } from "./split.ts";

/** How the package keeps matrices and kernels. */
export const WEIGHT_FORMATS = ["float16", "float32"] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

export interface TrainNetworkOptions extends FineTuneOptions, Omit<PackageOptions, "layer"> {
  /** A value of the backbone's graph, or "auto" for the layer before its classifier. */
  readonly layer: string;
  readonly positive?: string;
  readonly classWeights: "balanced" | "none";
  readonly augmentation: Augmentation | null;
  /** Cross-validation grouped by patient before the model is trained on all; 0 for none. */
  readonly folds: number;
  /** Which pictures the cross-validation judges; the others are only trained on. All by default. */
  readonly judged?: (file: string) => boolean;
  readonly weights: WeightFormat;
  readonly feedThreads: number;
}

/** Pictures, decoded, and which of them are held out. */
export interface TrainNetworkData {
  readonly labels: readonly string[];
  readonly images: readonly LabelledImage[];
  /** In the order of `images`. */
  readonly pictures: PictureSet;
  /** Places in `images`; empty for no validation. */
  readonly validation: readonly number[];
}

export interface TrainNetworkContext {
  /** Folder of the checkpoints; null for none. */
  readonly checkpointDir: string | null;
  readonly resume: boolean;
  readonly signal?: AbortSignal;
  /** `fold` counts from 1; 0 is the model that is kept. */
  readonly onStep?: (fold: number, step: StepReport) => void;
  readonly onEpoch?: (fold: number, record: EpochRecord) => void;
  readonly onFold?: (fold: number, pictures: readonly HeldOutPicture[]) => void;
}

export interface Training {
  readonly data: TrainNetworkData;
  readonly extractor: Extractor;
  readonly options: TrainNetworkOptions;
  readonly context: TrainNetworkContext;
}

export interface TrainedPackage {
  readonly parts: PackageParts;
  readonly heldOut: CrossValidation | null;
  /** Of the model that is kept. */
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights it has. */
  readonly epoch: number;
}

/** Pictures that the features' mean and deviation are taken from. */
const STANDARD_SAMPLE = 128;

/** Pictures on which the package is compared with the network that was trained. */
const COMPARED = 32;

/** The package's logits may differ so much from the trained network's: share of the largest, by how weights are kept. */
const LOGIT_TOLERANCE: Readonly<Record<WeightFormat, number>> = { float32: 1e-3, float16: 5e-2 };

/** @throws RangeError where the package says something else than the network that was trained */
function checkSame(
  network: readonly Float32Array[],
  packaged: readonly Float32Array[],
  weights: WeightFormat,
): void {
  let [largest, off] = [1, 0];
  network.forEach((row, n) =>
    row.forEach((value, c) => {
      largest = Math.max(largest, Math.abs(value));
      off = Math.max(off, Math.abs(value - (packaged[n]?.[c] ?? NaN)));
    }),
  );
  if (off / largest <= LOGIT_TOLERANCE[weights]) return;
  throw new RangeError(
    `the package's logits are off by ${(off / largest).toExponential(1)} of the largest; --weights ${weights} may be ` +
      `off by ${LOGIT_TOLERANCE[weights]}${weights === "float16" ? ": use --weights float32" : ""}`,
  );
}

/** What all runs of a training have in common. */
class NetworkTrainer {
  readonly #data: TrainNetworkData;
  readonly #extractor: Extractor;
  readonly #options: TrainNetworkOptions;
  readonly #context: TrainNetworkContext;
  readonly #backbone: Model;
  readonly #maps: FeatureMaps;
  readonly #feed: Feed;
  readonly #positive: number;

  constructor(
    { data, extractor, options, context }: Pick<Training, "data" | "extractor" | "options" | "context">,
    { backbone, maps, feed }: { readonly backbone: Model; readonly maps: FeatureMaps; readonly feed: Feed },
  ) {
    [this.#data, this.#extractor, this.#options, this.#context] = [data, extractor, options, context];
    [this.#backbone, this.#maps, this.#feed] = [backbone, maps, feed];
    this.#positive = positiveIndex(data.labels, options.positive);
  }

  async train(): Promise<TrainedPackage> {
    const { images, validation } = this.#data;
    const { folds, seed, weights } = this.#options;
    const held = new Set(validation);
    const all = images.flatMap((_, i) => (held.has(i) ? [] : [i]));
    const ofFolds = folds > 0 ? await this.#crossValidate(all) : [];
    const { network, tuned } = await this.#run(0, all, validation);
    const { compared, trained, model } = this.#compile(network, tuned);
    const sample = (validation.length > 0 ? validation : all).slice(0, COMPARED);
    checkSame(
      await networkLogits(compared, this.#feed, sample),
      await networkLogits(model, this.#feed, sample),
      weights,
    );
    const pictures = folds > 0 ? ofFolds : await this.#judge(model, validation);
    const judgeable = new Set(pictures.map(({ positive }) => positive)).size === 2;
    const heldOut = judgeable ? summariseHeldOut(pictures, folds, seed) : null;
    const described = { ...trained, ...this.#described(tuned, all), heldOut };
    const parts = await packageParts(model, described, this.#options);
    return { parts, heldOut, history: tuned.history, epoch: tuned.epoch };
  }

  /** Each fold's pictures as judged by a network that has not seen their patients, in the order of the pictures. */
  async #crossValidate(all: readonly number[]): Promise<HeldOutPicture[]> {
    const { images } = this.#data;
    const { folds, seed, judged } = this.#options;
    const groups = all.map((i) => images[i]?.group ?? "");
    const found = new Map<number, HeldOutPicture>();
    for (const [index, split] of groupFolds(groups, folds, seededRandom(seed)).entries()) {
      const own = split.held.map((i) => all[i] ?? 0);
      const asked = own.filter((i) => judged?.(images[i]?.file ?? "") ?? true);
      const train = split.train.map((i) => all[i] ?? 0);
      const { network, tuned } = await this.#run(index + 1, train, []);
      const pictures = await this.#judge(this.#compile(network, tuned).model, asked);
      pictures.forEach((picture, n) => found.set(asked[n] ?? 0, picture));
      this.#context.onFold?.(index + 1, pictures);
    }
    return [...found].toSorted(([a], [b]) => a - b).map(([, picture]) => picture);
  }

  /** One run on `train`; its checkpoints are in a folder of its own. */
  async #run(
    fold: number,
    train: readonly number[],
    validation: readonly number[],
  ): Promise<{ readonly network: Network; readonly tuned: FineTuned }> {
    const { checkpointDir, resume, signal, onStep, onEpoch } = this.#context;
    const { pooling, seed, classWeights } = this.#options;
    const { labels, images } = this.#data;
    const sample = shuffled(train, seededRandom(mixedSeed(seed, 0))).slice(0, STANDARD_SAMPLE);
    const [backbone, maps, classes] = [this.#backbone, this.#maps, labels.length];
    const standard = await featureStandard(backbone, maps, pooling, this.#feed, sample);
    const network = buildNetwork({ backbone, maps, pooling, classes, standard, seed });
    const name = fold === 0 ? "all" : `fold-${fold}`;
    const context: FineTuneContext = {
      checkpoints:
        checkpointDir === null
          ? null
          : await CheckpointFolder.open(join(checkpointDir, name), this.#recipe()),
      resume,
      ...(signal ? { signal } : {}),
      onStep: (step) => onStep?.(fold, step),
      onEpoch: (record) => onEpoch?.(fold, record),
    };
    const classIndex = images.map((image) => image.classIndex);
    const weight =
      classWeights === "balanced" ? balancedWeights(classIndex, classes) : classIndex.map(() => 1);
    const data = { feed: this.#feed, classIndex, weight, train, validation, positive: this.#positive };
    return { network, tuned: await fineTune(network, data, this.#options, context) };
  }

  /** The graph of the package; and the network as it was trained, to compare it with. */
  #compile(network: Network, { parameters }: FineTuned) {
    const { extractor: backbone, head } = takeApart(network, parameters);
    const trained = { backbone, head, maps: this.#maps, positive: this.#positive };
    const whole = compileTrained(trained, this.#options);
    const model = this.#options.weights === "float16" ? withHalfWeights(whole) : whole;
    return { compared: withParameters(network, parameters), trained, model };
  }

  async #judge(model: Model, indices: readonly number[]): Promise<HeldOutPicture[]> {
    const logits = await networkLogits(model, this.#feed, indices);
    return indices.map((index, n) => {
      const { file = "", group = "", classIndex = 0 } = this.#data.images[index] ?? {};
      const probabilities = softmax(logits[n] ?? new Float32Array());
      const probability = probabilities[this.#positive] ?? 0;
      return { file, group, classIndex, positive: classIndex === this.#positive, probability, probabilities };
    });
  }

  #described(tuned: FineTuned, all: readonly number[]) {
    const { images, pictures, labels } = this.#data;
    const { epochs, batchSize, optimizer, learningRate, backboneLearningRate, weightDecay } = this.#options;
    const { schedule, warmUpEpochs, labelSmoothing, classWeights, augmentation, weights, seed } =
      this.#options;
    return {
      extractor: this.#extractor,
      labels,
      images: all.flatMap((i) => images[i] ?? []),
      how: "A pretrained network with a new linear layer, all of its weights fine-tuned; normalisation statistics kept.",
      hyperparameters: {
        ...{
          epochs,
          epochKept: tuned.epoch,
          batchSize,
          optimizer,
          learningRate,
          backboneLearningRate,
          weightDecay,
        },
        ...{ schedule, warmUpEpochs, labelSmoothing, classWeights, augmentation, weights, seed },
      },
      picture: (index: number) => pictureAt(pictures, all[index] ?? 0),
    };
  }

  /** What a run depends on; one that was interrupted goes on only with the same. */
  #recipe(): string {
    const {
      saliency: _saliency,
      preprocess: _preprocess,
      judged: _judged,
      weights: _weights,
      ...options
    } = this.#options;
    const { labels, images, pictures, validation } = this.#data;
    const described = images.map(({ classIndex, group }, i) => [pictures.digests[i], classIndex, group]);
    const data = digestOf(Buffer.from(JSON.stringify([labels, described, validation])));
    const { digest, size, normalisation } = this.#extractor;
    return JSON.stringify({ ...options, data, backbone: digest, size, normalisation });
  }
}

/**
 * Fine-tune a network.
 * @throws GraphError for a layer that does not exist or an operator without a gradient; what `fineTune` throws
 */
export async function trainNetwork(training: Training): Promise<TrainedPackage> {
  const { data, extractor, options } = training;
  const { size, normalisation } = extractor;
  const backbone = await sizedBackbone(extractor.model, size);
  const layer = options.layer === "auto" ? await findLayer(backbone, size) : options.layer;
  const maps = await probeFeatureMaps(backbone, layer, size);
  const { augmentation, seed, feedThreads } = options;
  const feed = new Feed({ size, bytes: data.pictures.bytes, normalisation, augmentation, seed }, feedThreads);
  try {
    return await new NetworkTrainer(training, { backbone, maps, feed }).train();
  } finally {
    await feed.close();
  }
}
