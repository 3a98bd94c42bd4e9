/**
 * @file The model that is explained: a package, or any ONNX classifier with what has to be said of it.
 */
import { readFile } from "node:fs/promises";

import { Network } from "../../explain/network.ts";
import { calibrated } from "../../model/classifier.ts";
import { IMAGENET_NORMALISATION, readExtractorNote } from "../../model/import/extractor-note.ts";
import { loadPackage } from "../../model/package.ts";
import type { PreprocessSpec } from "../../model/preprocess.ts";
import type { Normalisation } from "../../model/spec.ts";
import { readOnnx } from "../../nn/onnx-file.ts";
import { NORMALISATIONS } from "../train/options.ts";

export interface Subject {
  readonly name: string;
  readonly network: Network;
  readonly labels: readonly string[];
  /** Side of the network's picture. */
  readonly size: number;
  readonly normalisation: Normalisation;
  /** How slices become pictures; null for a bare graph: the three windows of the whole slice. */
  readonly preprocess: PreprocessSpec | null;
  readonly layer: string;
  readonly method: string;
  readonly target: string;
  /** Whether logits `[classes]` say that a class is there; for a package its own class is by its threshold. */
  readonly isFound: (classIndex: number, logits: Float32Array) => boolean;
  /** The raw peak of the package's own method and layer that gets full colour; null where it is not known. */
  readonly referencePeak: number | null;
}

export interface SubjectOptions {
  readonly model: string;
  readonly inputSize?: number;
  readonly normalisation?: keyof typeof NORMALISATIONS;
  readonly labels?: string;
  readonly output?: string;
}

const DEFAULT_METHOD = "grad-cam";

const isLargest = (classIndex: number, logits: Float32Array): boolean =>
  logits[classIndex] === Math.max(...logits);

async function readLabels(file: string | undefined, classes: number): Promise<string[]> {
  if (file === undefined) return Array.from({ length: classes }, (_, index) => String(index));
  const text = await readFile(file, "utf8");
  const labels = text.trimStart().startsWith("{")
    ? Object.entries(JSON.parse(text) as Record<string, number>)
        .sort(([, a], [, b]) => a - b)
        .map(([label]) => label)
    : text.trim().split(/\r?\n/);
  if (labels.length === classes) return labels;
  throw new RangeError(
    `${file}: expected ${classes} class names, one a line or as JSON, got ${labels.length}`,
  );
}

async function openGraph(file: string, options: SubjectOptions): Promise<Subject> {
  const note = await readExtractorNote(file);
  const chosen = options.normalisation ? NORMALISATIONS[options.normalisation] : note?.normalisation;
  const size = options.inputSize ?? note?.size;
  const network = await Network.open(readOnnx(await readFile(file)), {
    ...(size === undefined ? {} : { size }),
    ...(options.output === undefined ? {} : { logits: options.output }),
  });
  const [channels, rows, columns] = network.imageShape;
  if (channels !== 3 || rows !== columns) {
    throw new RangeError(
      `${file}: expected square pictures of 3 channels, got ${channels} × ${rows} × ${columns}`,
    );
  }
  return {
    name: file,
    network,
    labels: await readLabels(options.labels, network.classes),
    size: rows,
    normalisation: chosen ?? IMAGENET_NORMALISATION,
    preprocess: null,
    layer: "auto",
    method: DEFAULT_METHOD,
    target: "predicted",
    isFound: isLargest,
    referencePeak: null,
  };
}

/**
 * @throws GraphError, ModelPackageError saying what was expected of the model and what came
 */
export async function openSubject(options: SubjectOptions): Promise<Subject> {
  if (/\.onnx$/i.test(options.model)) return openGraph(options.model, options);
  const { spec, labels, onnx } = await loadPackage(options.model);
  const { size, normalisation } = spec.input;
  return {
    name: `${spec.name} ${spec.version}`,
    network: await Network.open(readOnnx(onnx), { logits: "logits", size }),
    labels,
    size,
    normalisation,
    preprocess: spec.preprocess,
    layer: spec.layer,
    method: spec.saliency.method,
    target: spec.positive,
    isFound: (classIndex, logits) =>
      labels[classIndex] === spec.positive
        ? (calibrated([...logits], spec.calibration)[classIndex] ?? 0) >= spec.threshold.value
        : isLargest(classIndex, logits),
    referencePeak: spec.saliency.referencePeak,
  };
}
