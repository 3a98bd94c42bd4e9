/**
 * @file What `firstread train` is told: its options' values, and the backbone they name.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import { gradCam } from "../../explain/grad-cam.ts";
import { hiResCam } from "../../explain/hires-cam.ts";
import type { Window } from "../../domain/slice.ts";
import type { SaliencyMethod } from "../../model/compile.ts";
import {
  IMAGENET_NORMALISATION,
  SYMMETRIC_NORMALISATION,
  UNIT_NORMALISATION,
  readExtractorNote,
} from "../../model/import/extractor-note.ts";
import { licencePath } from "../../model/import/import-model.ts";
import type { Pooling } from "../../model/spec.ts";
import type { Monitor } from "../../model/train/fine-tune.ts";
import type { Extractor } from "../../model/train/package-parts.ts";
import type { ScheduleName } from "../../model/train/schedule.ts";
import type { WeightFormat } from "../../model/train/same-logits.ts";
import { readOnnx } from "../../nn/onnx-file.ts";

export const NORMALISATIONS = {
  imagenet: IMAGENET_NORMALISATION,
  symmetric: SYMMETRIC_NORMALISATION,
  unit: UNIT_NORMALISATION,
} as const;

/** The options of `firstread train`, as commander gives them. */
export interface TrainCommandOptions {
  readonly output: string;
  readonly backbone: string;
  readonly layer: string;
  readonly trainOnlyTopLayer: boolean;
  readonly pooling: Pooling;
  readonly size?: number;
  readonly normalisation?: keyof typeof NORMALISATIONS;
  readonly positive?: string;
  readonly groupBy?: string;
  readonly folds?: number;
  readonly validationSplit: number;
  readonly validation?: string;
  readonly window?: Window;
  readonly allowDuplicates?: true;
  readonly judge?: RegExp;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate?: number;
  readonly backboneLearningRate?: number;
  readonly optimizer: "adam" | "sgd";
  readonly weightDecay?: number;
  readonly schedule: ScheduleName;
  readonly warmUpEpochs: number;
  readonly labelSmoothing: number;
  readonly monitor: Monitor;
  readonly earlyStopping: number;
  readonly augmentation?: boolean;
  readonly augmentedCopies: number;
  readonly weights: WeightFormat;
  readonly threads?: number;
  readonly feedThreads: number;
  readonly resume?: true;
  readonly classWeights: "balanced" | "none";
  readonly seed: number;
  readonly cache: string | false;
  readonly name: string;
  readonly modelVersion: string;
  readonly licence: string;
  readonly json?: true;
}

/**
 * The extractor's file with what its note, or the options, say of its input.
 * @throws Error when neither says its size or normalisation
 */
export async function readExtractor({
  backbone,
  size,
  normalisation,
}: TrainCommandOptions): Promise<Extractor> {
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

/** Where cells are scored one by one, Grad-CAM would lose the place. */
export function saliencyFor(pooling: Pooling): SaliencyMethod {
  return pooling === "log-mean-exp" ? hiResCam : gradCam;
}

/** The licence that lies beside a backbone, as a file of the package. */
export async function licenceFiles(backbone: string): Promise<Record<string, string>> {
  const licence = await readFile(licencePath(backbone), "utf8").catch(() => null);
  return licence === null ? {} : { "EXTRACTOR-LICENSE.txt": licence };
}
