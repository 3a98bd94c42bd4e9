/**
 * @file A trained network → the parts of its model package: graph with saliency, `model.json`, card.
 */
import { HEAD_CT_WINDOWS } from "../../domain/slice.ts";
import type { Model } from "../../nn/model.ts";
import { compileModel, mapRegion } from "../compile.ts";
import type { SaliencyMethod } from "../compile.ts";
import type { FeatureMaps, LinearHead } from "../head.ts";
import type { PackageParts } from "../package.ts";
import type { PreprocessSpec } from "../preprocess.ts";
import type { Normalisation, Pooling } from "../spec.ts";
import { trainingCard } from "./card.ts";
import { heldOutMetrics } from "./held-out.ts";
import type { CrossValidation } from "./held-out.ts";
import type { LabelledImage } from "./image-folder.ts";
import { referencePeak } from "./reference-peak.ts";

/** The network that features come from. */
export interface Extractor {
  readonly model: Model;
  /** SHA-256 of its file. */
  readonly digest: string;
  /** What it is and where it is from, for the card. */
  readonly description: string;
  readonly size: number;
  readonly normalisation: Normalisation;
}

/** What a package says of itself, and how slices are prepared for it. */
export interface PackageOptions {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly layer: string;
  readonly pooling: Pooling;
  readonly preprocess: PreprocessSpec;
  readonly saliency: SaliencyMethod;
}

export interface TrainedNetwork {
  readonly extractor: Extractor;
  /** As `extractor.model`, with its weights as trained. */
  readonly backbone: Model;
  readonly maps: FeatureMaps;
  readonly head: LinearHead;
  /** How it was trained, in a sentence for the card. */
  readonly how: string;
  /** Hyperparameters, free-form. */
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
  /** Place of the class that is found. */
  readonly positive: number;
  /** What it was trained on. */
  readonly images: readonly LabelledImage[];
  readonly heldOut: CrossValidation | null;
  /** A training picture `[size, size, 3]` by its place in `images`. */
  readonly picture: (index: number) => Promise<Uint8Array>;
}

/** The class a model finds: as asked for, else "hemorrhage", else the last one. @throws RangeError if unknown */
export function positiveIndex(labels: readonly string[], asked: string | undefined): number {
  if (asked !== undefined && !labels.includes(asked)) {
    throw new RangeError(`--positive ${asked}: the classes are ${labels.join(", ")}`);
  }
  const index = labels.indexOf(asked ?? "hemorrhage");
  return index >= 0 ? index : labels.length - 1;
}

/** The logits and saliency of a trained network in one graph. */
export function compileTrained(
  { backbone, maps, head, positive }: Pick<TrainedNetwork, "backbone" | "maps" | "head" | "positive">,
  { pooling, saliency }: Pick<PackageOptions, "pooling" | "saliency">,
): Model {
  return compileModel({ extractor: backbone, maps, pooling, head, saliency, classIndex: positive });
}

function thresholdOf(heldOut: CrossValidation | null): PackageParts["spec"]["threshold"] {
  if (!heldOut) return { value: 0.5, chosen: "not chosen on data: trained without held-out patients" };
  const of = heldOut.folds > 0 ? `slices of ${heldOut.folds} folds` : "validation pictures";
  return { value: heldOut.threshold, chosen: `largest sensitivity + specificity on the held-out ${of}` };
}

/** @param model from `compileTrained` */
export async function packageParts(
  model: Model,
  trained: TrainedNetwork,
  options: PackageOptions,
): Promise<PackageParts> {
  const { extractor, labels, images, positive, heldOut } = trained;
  const { size, normalisation } = extractor;
  const positives = images.flatMap(({ classIndex }, i) => (classIndex === positive ? [i] : []));
  const spec: PackageParts["spec"] = {
    format: 1,
    name: options.name,
    version: options.version,
    licence: options.licence,
    positive: labels[positive] ?? "",
    input: { size, normalisation },
    windows: HEAD_CT_WINDOWS,
    preprocess: { ...options.preprocess, size },
    layer: trained.maps.layer,
    pooling: options.pooling,
    threshold: thresholdOf(heldOut),
    calibration: { scale: 1, bias: labels.map(() => 0) },
    studyRule: null,
    saliency: {
      method: options.saliency.name,
      region: await mapRegion(trained.backbone, trained.maps, size),
      referencePeak: await referencePeak(model, positives, { size, normalisation, picture: trained.picture }),
    },
    training: {
      how: trained.how,
      extractor: extractor.description,
      extractorDigest: extractor.digest,
      images: Object.fromEntries(
        labels.map((label, c) => [label, images.filter(({ classIndex }) => classIndex === c).length]),
      ),
      patients: new Set(images.map(({ group }) => group)).size,
      ...trained.hyperparameters,
    },
    metrics: heldOutMetrics(heldOut),
  };
  return { spec, labels, model, card: trainingCard(spec, labels) };
}
