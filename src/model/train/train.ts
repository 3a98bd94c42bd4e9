/**
 * @file Transfer learning: pictures with classes in, the parts of a model package out. Either all of a network's weights
 * are trained, or a new top layer alone, on features that are computed once. With folds, each is a run of its own on the
 * other patients, and the model that is kept is trained on all pictures.
 */
import { join } from "node:path";

import { withHalfWeights } from "../../nn/half-weights.ts";
import type { Model } from "../../nn/model.ts";
import { probeFeatureMaps } from "../compile.ts";
import { pooledShape } from "../head.ts";
import type { FeatureMaps } from "../head.ts";
import { digestOf } from "../package.ts";
import type { PackageParts } from "../package.ts";
import type { Augmentation } from "./augment.ts";
import { findLayer, sizedBackbone, withSize } from "./backbone.ts";
import { CheckpointFolder } from "./checkpoint.ts";
import { softmax } from "./epoch.ts";
import type { EpochRecord } from "./epoch.ts";
import { Features } from "./features.ts";
import { Feed } from "./feed.ts";
import { fineTune } from "./fine-tune.ts";
import type { FineTuneContext, FineTuneOptions, FineTuned, StepReport } from "./fine-tune.ts";
import { summariseHeldOut } from "./held-out.ts";
import type { CrossValidation, HeldOutPicture } from "./held-out.ts";
import { featureStandard, networkLogits } from "./network-outputs.ts";
import { buildNetwork, takeApart, withParameters } from "./network.ts";
import type { Network } from "./network.ts";
import { compileTrained, packageParts, positiveIndex } from "./package-parts.ts";
import type { Extractor, PackageOptions } from "./package-parts.ts";
import { pictureAt } from "./picture-set.ts";
import type { TrainingData } from "./prepare-data.ts";
import { mixedSeed, seededRandom, shuffled } from "./random.ts";
import { checkSameLogits } from "./same-logits.ts";
import type { WeightFormat } from "./same-logits.ts";
import { balancedWeights, groupFolds } from "./split.ts";
import { standardOf } from "./standardise.ts";

export interface TrainOptions extends FineTuneOptions, Omit<PackageOptions, "layer"> {
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
  /** The backbone stays as it is. */
  readonly onlyTopLayer: boolean;
  /** For the top layer: ways each picture is changed besides how it is. */
  readonly augmentedCopies: number;
  /** For the top layer: folder with features computed before; null for none. */
  readonly cacheDir: string | null;
}

export interface TrainContext {
  /** Folder of the checkpoints; null for none. */
  readonly checkpointDir: string | null;
  readonly resume: boolean;
  readonly signal?: AbortSignal;
  /** For the top layer. */
  readonly onFeatures?: (done: number, total: number) => void;
  /** `fold` counts from 1; 0 is the model that is kept. */
  readonly onStep?: (fold: number, step: StepReport) => void;
  readonly onEpoch?: (fold: number, record: EpochRecord) => void;
  readonly onFold?: (fold: number, pictures: readonly HeldOutPicture[]) => void;
}

export interface Training {
  readonly data: TrainingData;
  readonly extractor: Extractor;
  readonly options: TrainOptions;
  readonly context: TrainContext;
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

/** The options that the trained weights depend on. */
const RECIPE = [
  ...([
    "onlyTopLayer",
    "pooling",
    "positive",
    "classWeights",
    "augmentation",
    "augmentedCopies",
    "folds",
  ] as const),
  ...([
    "epochs",
    "batchSize",
    "optimizer",
    "learningRate",
    "backboneLearningRate",
    "weightDecay",
    "schedule",
  ] as const),
  ...(["warmUpEpochs", "labelSmoothing", "monitor", "patience", "seed", "threads"] as const),
] satisfies readonly (keyof TrainOptions)[];

/** What all runs of a training have in common. */
interface Common {
  /** Its weights plain constants. */
  readonly backbone: Model;
  readonly maps: FeatureMaps;
  readonly feed: Feed;
  /** Where only the top layer is trained. */
  readonly features: Features | null;
}

class Trainer {
  readonly #data: TrainingData;
  readonly #extractor: Extractor;
  readonly #options: TrainOptions;
  readonly #context: TrainContext;
  readonly #common: Common;
  readonly #positive: number;

  constructor({ data, extractor, options, context }: Training, common: Common) {
    [this.#data, this.#extractor, this.#options, this.#context] = [data, extractor, options, context];
    this.#common = common;
    this.#positive = positiveIndex(data.labels, options.positive);
  }

  async train(): Promise<TrainedPackage> {
    const { train: all, validation } = this.#data;
    const { folds, seed, weights, threads } = this.#options;
    const ofFolds = folds > 0 ? await this.#crossValidate(all) : [];
    const { network, tuned } = await this.#run(0, all, validation);
    const { trained, model } = this.#compile(network, tuned);
    const { feed } = this.#common;
    const sample = (validation.length > 0 ? validation : all).slice(0, COMPARED);
    const asTrained = await networkLogits(withParameters(network, tuned.parameters), feed, sample, {
      threads,
    });
    checkSameLogits(asTrained, await networkLogits(model, feed, sample, { threads }), weights);
    const pictures = folds > 0 ? ofFolds : await this.#judge(network, tuned, validation);
    const judgeable = new Set(pictures.map(({ positive }) => positive)).size === 2;
    const heldOut = judgeable ? summariseHeldOut(pictures, folds, seed) : null;
    const described = { ...trained, ...this.#described(tuned, all), heldOut };
    const parts = await packageParts(model, described, this.#options);
    return { parts, heldOut, history: tuned.history, epoch: tuned.epoch };
  }

  /** Each fold's pictures as judged by a network that has not seen their patients, in the order of the pictures. */
  async #crossValidate(all: readonly number[]): Promise<HeldOutPicture[]> {
    const { images, pictures: decoded } = this.#data;
    const { folds, seed, judged } = this.#options;
    const groups = all.map((i) => images[i]?.group ?? "");
    const found = new Map<number, HeldOutPicture>();
    for (const [index, split] of groupFolds(groups, folds, seededRandom(seed)).entries()) {
      const train = split.train.map((i) => all[i] ?? 0);
      const known = new Set(train.map((i) => decoded.digests[i]));
      const asked = split.held
        .map((i) => all[i] ?? 0)
        .filter((i) => !known.has(decoded.digests[i]) && (judged?.(images[i]?.file ?? "") ?? true));
      const { network, tuned } = await this.#run(index + 1, train, []);
      const pictures = await this.#judge(network, tuned, asked);
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
    const { pooling, seed, classWeights, threads } = this.#options;
    const { labels, images } = this.#data;
    const { backbone, maps, feed, features } = this.#common;
    const classes = labels.length;
    const sample = shuffled(train, seededRandom(mixedSeed(seed, 0))).slice(0, STANDARD_SAMPLE);
    const standard = features
      ? standardOf(features.plain, train, pooledShape(maps, pooling).cells)
      : await featureStandard(backbone, maps, pooling, feed, sample, { threads });
    const network = buildNetwork({ backbone, maps, pooling, classes, standard, seed }, features !== null);
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
      classWeights === "balanced" ? balancedWeights(classIndex, classes, train) : classIndex.map(() => 1);
    const data = { feed: features ?? feed, classIndex, weight, train, validation, positive: this.#positive };
    return { network, tuned: await fineTune(network, data, this.#options, context) };
  }

  /** The graph of the package, and what it is made of. */
  #compile(network: Network, { parameters }: FineTuned) {
    const { maps, features } = this.#common;
    const { extractor: tuned, head } = takeApart(network, parameters);
    // A frozen extractor keeps its weights as it came, which may be smaller.
    const backbone = features ? withSize(this.#extractor.model, this.#extractor.size) : tuned;
    const trained = { backbone, head, maps, positive: this.#positive };
    const whole = compileTrained(trained, this.#options);
    return {
      trained,
      model: !features && this.#options.weights === "float16" ? withHalfWeights(whole) : whole,
    };
  }

  /** Of pictures by index: by the package's graph, or where features are at hand by the new layer alone. */
  async #judge(network: Network, tuned: FineTuned, indices: readonly number[]): Promise<HeldOutPicture[]> {
    const { feed, features } = this.#common;
    const { threads } = this.#options;
    const logits = features
      ? await networkLogits(withParameters(network, tuned.parameters, network.model), features, indices, {
          threads,
        })
      : await networkLogits(this.#compile(network, tuned).model, feed, indices, { threads });
    return indices.map((index, n) => {
      const { file = "", group = "", classIndex = 0 } = this.#data.images[index] ?? {};
      const probabilities = softmax(logits[n] ?? new Float32Array());
      const probability = probabilities[this.#positive] ?? 0;
      return { file, group, classIndex, positive: classIndex === this.#positive, probability, probabilities };
    });
  }

  #described(tuned: FineTuned, all: readonly number[]) {
    const { images, pictures, labels } = this.#data;
    const { onlyTopLayer, weights, backboneLearningRate, augmentedCopies, augmentation } = this.#options;
    const { epochs, batchSize, optimizer, learningRate, weightDecay, schedule } = this.#options;
    const { warmUpEpochs, labelSmoothing, classWeights, seed } = this.#options;
    const how = onlyTopLayer
      ? "A new linear layer on a pretrained network that stays as it is."
      : "A pretrained network with a new linear layer, all of its weights trained; normalisation statistics stay.";
    const ofMode = onlyTopLayer
      ? { augmentedCopies: augmentation ? augmentedCopies : 0 }
      : { backboneLearningRate, weights };
    return {
      extractor: this.#extractor,
      labels,
      images: all.flatMap((i) => images[i] ?? []),
      how,
      hyperparameters: {
        ...{ epochs, epochKept: tuned.epoch, batchSize, optimizer, learningRate, weightDecay, schedule },
        ...{ warmUpEpochs, labelSmoothing, classWeights, augmentation, seed, ...ofMode },
      },
      picture: (index: number) => pictureAt(pictures, all[index] ?? 0),
    };
  }

  /** What a run depends on; one that was interrupted goes on only with the same. */
  #recipe(): string {
    const { labels, images, pictures, train, validation } = this.#data;
    const described = images.map(({ classIndex, group }, i) => [pictures.digests[i], classIndex, group]);
    const data = digestOf(Buffer.from(JSON.stringify([labels, described, train, validation])));
    const { digest: backbone, size, normalisation } = this.#extractor;
    const chosen = Object.fromEntries(RECIPE.map((name) => [name, this.#options[name]]));
    return JSON.stringify({ ...chosen, layer: this.#common.maps.layer, data, backbone, size, normalisation });
  }
}

/**
 * Train on pictures.
 * @throws GraphError for a layer that does not exist or an operator without a gradient; what `fineTune` throws
 */
export async function train(training: Training): Promise<TrainedPackage> {
  const { data, extractor, options, context } = training;
  const { size, normalisation, digest } = extractor;
  const { pooling, augmentation, seed, feedThreads, onlyTopLayer, cacheDir, augmentedCopies, threads } =
    options;
  const backbone = await sizedBackbone(extractor.model, size);
  const layer = options.layer === "auto" ? await findLayer(backbone, size) : options.layer;
  const maps = await probeFeatureMaps(backbone, layer, size);
  const feed = new Feed({ size, bytes: data.pictures.bytes, normalisation, augmentation, seed }, feedThreads);
  try {
    const copies = augmentation ? augmentedCopies : 0;
    const key = { digest, size, normalisation, ...(copies ? { augmentation, seed } : {}) };
    const { onFeatures: onProgress } = context;
    const featureOptions = { cacheDir, copies, ...(onProgress ? { onProgress } : {}) };
    const used = new Set([...data.train, ...data.validation]);
    const digests = data.pictures.digests.map((of, i) => (used.has(i) ? of : null));
    const features = onlyTopLayer
      ? await Features.compute(feed, digests, { backbone, maps, pooling, key, threads }, featureOptions)
      : null;
    return await new Trainer(training, { backbone, maps, feed, features }).train();
  } finally {
    await feed.close();
  }
}
