/**
 * @file Transfer learning with a frozen extractor: class folders in, a model package's parts out.
 */
import { HEAD_CT_WINDOWS } from "../../domain/slice.ts";
import type { Model } from "../../nn/model.ts";
import { calibrated } from "../classifier.ts";
import { compileModel, mapRegion, probeFeatureMaps } from "../compile.ts";
import type { SaliencyMethod } from "../compile.ts";
import { pooledShape } from "../head.ts";
import { auc, aucDeLong, bootstrapByGroup, operatingPoint, youdenThreshold } from "../metrics.ts";
import type { Estimate } from "../metrics.ts";
import type { PackageParts } from "../package.ts";
import type { PreprocessSpec } from "../preprocess.ts";
import type { Metric, Normalisation, Pooling } from "../spec.ts";
import { trainingCard } from "./card.ts";
import { computeFeatures } from "./features.ts";
import type { ImageFolder } from "./image-folder.ts";
import { seededRandom } from "./random.ts";
import { referencePeak } from "./reference-peak.ts";
import { balancedWeights, groupFolds } from "./split.ts";
import { headLogits, trainHead } from "./train-head.ts";
import type { EpochReport, HeadData } from "./train-head.ts";

/** The frozen network that features come from. */
export interface Extractor {
  readonly model: Model;
  /** SHA-256 of its file. */
  readonly digest: string;
  /** What it is and where it is from, for the card. */
  readonly description: string;
  readonly size: number;
  readonly normalisation: Normalisation;
}

export interface TrainOptions {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly layer: string;
  readonly pooling: Pooling;
  readonly preprocess: PreprocessSpec;
  readonly saliency: SaliencyMethod;
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

/** A judged picture, and what a head that has not seen its patient says of it. */
export interface HeldOutPicture {
  readonly file: string;
  readonly positive: boolean;
  readonly probability: number;
}

/** What the held-out folds say together. */
export interface CrossValidation {
  readonly folds: number;
  readonly pictures: readonly HeldOutPicture[];
  readonly auc: Estimate;
  /** 95 % interval when patients are drawn again. */
  readonly byPatient: readonly [number, number];
  readonly threshold: number;
  readonly sensitivity: Estimate | null;
  readonly specificity: Estimate | null;
}

export interface Trained {
  readonly parts: PackageParts;
  readonly crossValidation: CrossValidation | null;
}

/** The class a model finds: as asked for, else "hemorrhage", else the last one. @throws RangeError if unknown */
function positiveIndex(labels: readonly string[], asked: string | undefined): number {
  if (asked !== undefined && !labels.includes(asked)) {
    throw new RangeError(`--positive ${asked}: the classes are ${labels.join(", ")}`);
  }
  const index = labels.indexOf(asked ?? "hemorrhage");
  return index >= 0 ? index : labels.length - 1;
}

async function crossValidate(
  data: HeadData & {
    readonly groups: readonly string[];
    readonly judged: readonly boolean[];
    readonly files: readonly string[];
  },
  target: { readonly classes: number; readonly positive: number },
  options: TrainOptions,
  { onEpoch, onFold }: TrainEvents,
): Promise<CrossValidation> {
  const { folds, seed } = options;
  const { classes, positive: positiveClass } = target;
  const scores = new Float64Array(data.groups.length);
  const positive = Array.from(data.classIndex, (c) => c === positiveClass);
  const neutral = { scale: 1, bias: [] };
  const splits = groupFolds(data.groups, folds, seededRandom(seed));
  for (const [index, { train, held: heldOut }] of splits.entries()) {
    const held = heldOut.filter((i) => data.judged[i] === true);
    const head = await trainHead(data, train, {
      ...options,
      classes,
      onEpoch: (report) => onEpoch?.(index + 1, report),
    });
    headLogits(head, data, held).forEach((logits, n) => {
      scores[held[n] ?? 0] = calibrated(logits, neutral)[positiveClass] ?? 0;
    });
    const own = { scores: held.map((i) => scores[i] ?? 0), positive: held.map((i) => positive[i] === true) };
    if (new Set(own.positive).size === 2) onFold?.(index + 1, auc(own));
  }
  const all = data.groups.flatMap((_, i) => (data.judged[i] === true ? [i] : []));
  const pick = (indices: readonly number[]) => ({
    scores: indices.map((i) => scores[i] ?? 0),
    positive: indices.map((i) => positive[i] === true),
  });
  const scored = pick(all);
  const threshold = youdenThreshold(scored);
  return {
    folds,
    pictures: all.map((i) => ({
      file: data.files[i] ?? "",
      positive: positive[i] === true,
      probability: scores[i] ?? 0,
    })),
    auc: aucDeLong(scored),
    byPatient: bootstrapByGroup(
      all.map((i) => data.groups[i] ?? ""),
      (indices) => auc(pick(indices.map((i) => all[i] ?? 0))),
      seededRandom(seed),
    ),
    threshold,
    ...operatingPoint(scored, threshold),
  };
}

function metricsOf(cv: CrossValidation | null): Metric[] {
  if (!cv) return [];
  const of = `training data, ${cv.folds}-fold cross-validation grouped by patient`;
  const rows: [string, Estimate | null, string][] = [
    ["AUC", { value: cv.auc.value, interval: cv.byPatient }, "bootstrap by patient"],
    ["AUC", cv.auc, "DeLong"],
    ["sensitivity", cv.sensitivity, `at ${cv.threshold.toFixed(3)}; Wilson`],
    ["specificity", cv.specificity, `at ${cv.threshold.toFixed(3)}; Wilson`],
  ];
  return rows.flatMap(([name, estimate, method]) => (estimate ? [{ name, of, ...estimate, method }] : []));
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
    groups: images.map(({ group }) => group),
    files: images.map(({ file }) => file),
    judged: images.map(({ file }) => options.judged?.(file) ?? true),
  };
  const target = { classes: labels.length, positive };
  const crossValidation = options.folds > 0 ? await crossValidate(headData, target, options, events) : null;
  const head = await trainHead(
    headData,
    images.map((_, i) => i),
    { ...options, classes: labels.length, onEpoch: (report) => events.onEpoch?.(0, report) },
  );
  const model = compileModel({
    extractor: extractor.model,
    maps,
    pooling,
    head,
    saliency: options.saliency,
    classIndex: positive,
  });
  const positives = images.filter((image) => image.classIndex === positive).map(({ file }) => file);
  const spec: PackageParts["spec"] = {
    format: 1,
    name: options.name,
    version: options.version,
    licence: options.licence,
    positive: labels[positive] ?? "",
    input: { size, normalisation },
    windows: HEAD_CT_WINDOWS,
    preprocess: { ...options.preprocess, size },
    layer,
    pooling,
    threshold: crossValidation
      ? {
          value: crossValidation.threshold,
          chosen: `largest sensitivity + specificity on the held-out slices of ${crossValidation.folds} folds`,
        }
      : { value: 0.5, chosen: "not chosen on data: trained without cross-validation" },
    calibration: { scale: 1, bias: labels.map(() => 0) },
    studyRule: null,
    saliency: {
      method: options.saliency.name,
      region: mapRegion(extractor.model, maps, size),
      referencePeak: await referencePeak(model, positives, { size, normalisation }),
    },
    training: {
      extractor: extractor.description,
      extractorDigest: extractor.digest,
      images: Object.fromEntries(labels.map((label, c) => [label, classIndex.filter((k) => k === c).length])),
      patients: new Set(headData.groups).size,
      epochs: options.epochs,
      batchSize: options.batchSize,
      learningRate: options.learningRate,
      weightDecay: options.weightDecay,
      classWeights: options.classWeights,
      seed: options.seed,
    },
    metrics: metricsOf(crossValidation),
  };
  return { parts: { spec, labels, model, card: trainingCard(spec, labels) }, crossValidation };
}
