/**
 * @file The classifier: a model package, loaded, that scores pictures and slices.
 */
import type { Region, Saliency } from "../domain/finding.ts";
import type { Slice } from "../domain/slice.ts";
import type { Model } from "../nn/model.ts";
import { Session } from "../nn/session.ts";
import { rgbToTensor } from "./input-tensor.ts";
import { loadPackage } from "./package.ts";
import type { ModelPackage } from "./package.ts";
import { prepareSlices } from "./preprocess.ts";
import type { PreparedImage } from "./preprocess.ts";
import { SlabStream } from "./slab-stream.ts";
import { SlabThreads } from "./slab-threads.ts";
import { ModelPackageError } from "./spec.ts";
import type { Calibration, ModelSpec } from "./spec.ts";

/** Pictures in one run: enough to keep two threads busy, few enough to stay in the cache. */
const BATCH_SIZE = 4;

/** What the model says of one picture. */
export interface PictureResult {
  /** One a class, in the order of `labels`; calibrated. */
  readonly probabilities: readonly number[];
  /** Probability of the positive class. */
  readonly probability: number;
  /** Raw outputs, in the order of `labels`. */
  readonly logits: readonly number[];
  /** Where the positive class was seen; its region is in fractions of the picture's side. */
  readonly saliency: Saliency;
}

/** What the model says of one slice; a thin slice shares the result of its slab. */
export interface SliceResult extends Omit<PictureResult, "saliency"> {
  /** Its region is in pixels of the slice. */
  readonly saliency: Saliency;
}

export interface ClassifyOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** `softmax(scale · logits + bias)`. */
export function calibrated(logits: readonly number[], { scale, bias }: Calibration): number[] {
  const shifted = logits.map((logit, i) => scale * logit + (bias[i] ?? 0));
  const largest = Math.max(...shifted);
  const powers = shifted.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** A raw map as values of 0…1 and its peak. */
function toSaliency(raw: Float32Array, rows: number, columns: number, region: Region): Saliency {
  const peak = raw.reduce((a, b) => Math.max(a, b), 0);
  const values = peak > 0 ? raw.map((value) => value / peak) : new Float32Array(raw.length);
  return { rows, columns, values, peak, region };
}

/** A region given in fractions of `outer`, in the unit of `outer`. */
export function within(outer: Region, fraction: Region): Region {
  return {
    top: outer.top + fraction.top * outer.rows,
    left: outer.left + fraction.left * outer.columns,
    rows: fraction.rows * outer.rows,
    columns: fraction.columns * outer.columns,
  };
}

export class Classifier {
  readonly spec: ModelSpec;
  readonly labels: readonly string[];
  readonly #session: Session;
  readonly #slabs = new SlabThreads();

  private constructor({ spec, labels }: ModelPackage, session: Session) {
    this.spec = spec;
    this.labels = labels;
    this.#session = session;
  }

  /**
   * Load a model package.
   * @throws ModelPackageError when it is incomplete, was changed, or its graph has not the outputs it must have
   */
  static async load(dir: string, options: { threads?: number } = {}): Promise<Classifier> {
    const loaded = await loadPackage(dir);
    return Classifier.open(loaded, loaded.onnx, options);
  }

  /**
   * As `load`, of a package at hand.
   * @param graph its own, or one that makes its map by another method
   */
  static async open(
    loaded: ModelPackage,
    graph: Model | Uint8Array,
    options: { threads?: number } = {},
  ): Promise<Classifier> {
    const session = await Session.load(graph, options);
    for (const output of ["logits", "saliency"]) {
      if (!session.outputNames.includes(output)) {
        throw new ModelPackageError(`model.onnx has no output "${output}"`);
      }
    }
    return new Classifier(loaded, session);
  }

  /** Score pictures `[size, size, 3]`, R, G, B being the package's three windows. */
  async classifyRgb(pictures: readonly Uint8Array[]): Promise<PictureResult[]> {
    const results: PictureResult[] = [];
    for (let start = 0; start < pictures.length; start += BATCH_SIZE) {
      results.push(...(await this.#run(pictures.slice(start, start + BATCH_SIZE))));
    }
    return results;
  }

  /**
   * Score pictures that were prepared from slices; the saliency is in pixels of those slices. A picture without
   * any brain on it is not shown to the network: nothing can be found on it.
   */
  async classifyPrepared(images: readonly PreparedImage[]): Promise<SliceResult[]> {
    const scored = await this.classifyRgb(images.flatMap(({ rgb, brainMm2 }) => (brainMm2 > 0 ? [rgb] : [])));
    return images.map(({ brainMm2, region }) => {
      const result = (brainMm2 > 0 ? scored.shift() : undefined) ?? this.#nothingFound();
      return { ...result, saliency: { ...result.saliency, region: within(region, result.saliency.region) } };
    });
  }

  /** Score slices in position order: one result a slice. */
  async classifySlices(
    slices: readonly Slice[],
    { onProgress, signal }: ClassifyOptions = {},
  ): Promise<SliceResult[]> {
    const images = prepareSlices(slices, this.spec.preprocess);
    const results: SliceResult[] = [];
    for (let start = 0; start < images.length; start += BATCH_SIZE) {
      signal?.throwIfAborted();
      const batch = images.slice(start, start + BATCH_SIZE);
      const scored = await this.classifyPrepared(batch);
      batch.forEach(({ sliceIndices }, i) => {
        for (const index of sliceIndices) if (scored[i]) results[index] = scored[i];
      });
      onProgress?.(Math.min(start + BATCH_SIZE, images.length), images.length);
    }
    return results;
  }

  /** A stream from instances' bytes to prepared pictures, the work of which is done in other threads. */
  openSlabs(): SlabStream {
    return new SlabStream(this.spec.preprocess, this.#slabs);
  }

  /** Free the model's memory and end its threads. */
  async dispose(): Promise<void> {
    await this.#slabs.close();
    await this.#session.dispose();
  }

  /** The result for a picture that shows nothing: certainly not positive, by no evidence. */
  #nothingFound(): PictureResult {
    const negatives = this.labels.length - 1;
    const probabilities = this.labels.map((label) => (label === this.spec.positive ? 0 : 1 / negatives));
    const { region } = this.spec.saliency;
    const saliency = { rows: 1, columns: 1, values: new Float32Array(1), peak: 0, region };
    return { probabilities, probability: 0, logits: this.labels.map(() => 0), saliency };
  }

  async #run(pictures: readonly Uint8Array[]): Promise<PictureResult[]> {
    const { input, positive, calibration, saliency: saliencySpec } = this.spec;
    const [name = ""] = this.#session.inputNames;
    const tensor = rgbToTensor(pictures, input.size, input.normalisation);
    const { logits, saliency } = await this.#session.run({ [name]: tensor }, ["logits", "saliency"]);
    if (logits?.type !== "float32" || saliency?.type !== "float32") {
      throw new ModelPackageError("model.onnx: logits and saliency must be float32");
    }
    const classes = this.labels.length;
    const [, rows = 0, columns = 0] = saliency.shape;
    return pictures.map((_, n) => {
      const own = [...logits.data.subarray(n * classes, (n + 1) * classes)];
      const probabilities = calibrated(own, calibration);
      const map = saliency.data.subarray(n * rows * columns, (n + 1) * rows * columns);
      return {
        probabilities,
        probability: probabilities[this.labels.indexOf(positive)] ?? 0,
        logits: own,
        saliency: toSaliency(map, rows, columns, saliencySpec.region),
      };
    });
  }
}
