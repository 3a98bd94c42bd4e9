import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { gradCam } from "../../explain/grad-cam.ts";
import { hiResCam } from "../../explain/hires-cam.ts";
import { writeOnnx } from "../../nn/onnx-file.ts";
import { Classifier } from "../classifier.ts";
import { judgePictures, summariseCases } from "../evaluate.ts";
import { UNIT_NORMALISATION } from "../import/extractor-note.ts";
import { savePackage } from "../package.ts";
import { DEFAULT_AUGMENTATION } from "./augment.ts";
import { DEFAULT_PREPROCESS } from "./default-preprocess.ts";
import { TrainingDiverged, TrainingInterrupted } from "./fine-tune.ts";
import { readImageFolder } from "./image-folder.ts";
import type { Extractor } from "./package-parts.ts";
import { TINY_SIDE, tinyCnn, tinyData, writeTinyFolder } from "./test-training.ts";
import { train } from "./train.ts";
import type { TrainContext, TrainOptions, TrainedPackage } from "./train.ts";

let dir: string;
let pictures: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-train-"));
  pictures = join(dir, "data");
  await writeTinyFolder(pictures);
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

const extractor: Extractor = {
  model: tinyCnn(),
  digest: "tiny",
  description: "two convolutions",
  size: TINY_SIDE,
  normalisation: UNIT_NORMALISATION,
};

const options = (change: Partial<TrainOptions> = {}): TrainOptions => ({
  name: "tiny",
  version: "1",
  licence: "MIT-0",
  layer: "auto",
  pooling: "mean",
  preprocess: DEFAULT_PREPROCESS,
  saliency: gradCam,
  epochs: 3,
  batchSize: 8,
  optimizer: "adam",
  learningRate: 0.05,
  backboneLearningRate: 0.01,
  weightDecay: 0,
  schedule: "cosine",
  warmUpEpochs: 0,
  labelSmoothing: 0,
  monitor: "validation-loss",
  patience: 0,
  classWeights: "balanced",
  augmentation: null,
  folds: 0,
  seed: 1,
  weights: "float32",
  feedThreads: 1,
  onlyTopLayer: false,
  augmentedCopies: 0,
  cacheDir: null,
  threads: 1,
  ...change,
});

async function run(
  change: Partial<TrainOptions> = {},
  context: Partial<TrainContext> = {},
  validationSplit = 0,
): Promise<TrainedPackage> {
  const data = await tinyData(pictures, { validationSplit });
  return train({
    data,
    extractor,
    options: options(change),
    context: { checkpointDir: null, resume: false, ...context },
  });
}

const bytesOf = ({ parts }: TrainedPackage): Buffer => Buffer.from(writeOnnx(parts.model));

/** Each trains several networks, however busy the machine is. */
const PATIENT = { timeout: 180_000 };

describe("training a whole network", PATIENT, () => {
  it("makes a package that tells the classes apart, and changes the backbone", async () => {
    const trained = await run(
      { epochs: 6, augmentation: DEFAULT_AUGMENTATION, weights: "float16" },
      {},
      0.25,
    );
    expect(trained.heldOut?.auc.value).toBeGreaterThan(0.9);
    expect(trained.history).toHaveLength(6);
    const [first, last] = [trained.history[0], trained.history.at(-1)];
    expect(last?.loss).toBeLessThan(0.7 * (first?.loss ?? 0));
    expect(last?.validationAuc).toBeGreaterThan(0.9);
    await savePackage(join(dir, "model"), trained.parts);
    const classifier = await Classifier.load(join(dir, "model"));
    const folder = await readImageFolder(pictures);
    const evaluation = summariseCases(
      await judgePictures(classifier, folder),
      trained.parts.spec.threshold.value,
    );
    await classifier.dispose();
    expect(evaluation).toMatchObject({ cases: 48, positives: 24 });
    expect(evaluation.auc?.value).toBeGreaterThan(0.85);
    expect(trained.parts.spec.layer).toBe("maps");
    expect(trained.parts.spec.saliency.referencePeak).toBeGreaterThan(0);
    expect(trained.parts.card).toContain("all of its weights trained");
    const before = tinyCnn().initializers.get("w1")?.data;
    expect(trained.parts.model.initializers.get("w1/float16")?.data).not.toEqual(before);
  });

  it("gives the same model for the same seed, however many threads feed it; another seed, another", async () => {
    const augmentation = DEFAULT_AUGMENTATION;
    const first = bytesOf(await run({ augmentation, epochs: 2 }));
    const again = bytesOf(await run({ augmentation, epochs: 2, feedThreads: 2 }));
    const other = bytesOf(await run({ augmentation, epochs: 2, seed: 2 }));
    expect(again.equals(first)).toBe(true);
    expect(other.equals(first)).toBe(false);
  });

  it("goes on from where it was interrupted, to the same model bit for bit", async () => {
    const change = { augmentation: DEFAULT_AUGMENTATION, epochs: 3 };
    const whole = bytesOf(await run(change, {}, 0.25));
    const checkpointDir = join(dir, "interrupted");
    const interrupt = new AbortController();
    let steps = 0;
    const stopped = run(
      change,
      // In the middle of the second of three epochs with five batches.
      { checkpointDir, signal: interrupt.signal, onStep: () => ++steps === 7 && interrupt.abort() },
      0.25,
    );
    await expect(stopped).rejects.toThrow(TrainingInterrupted);
    const resumed = await run(change, { checkpointDir, resume: true }, 0.25);
    expect(resumed.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(bytesOf(resumed).equals(whole)).toBe(true);
    await expect(
      run({ ...change, learningRate: 0.01 }, { checkpointDir, resume: true }, 0.25),
    ).rejects.toThrow("learningRate was 0.05, is 0.01");
  });

  it("judges every patient by a network that has not seen it, where folds are asked for", async () => {
    const folds: number[] = [];
    const onFold = (fold: number): void => void folds.push(fold);
    const { heldOut } = await run(
      { folds: 3, epochs: 4, judged: (file) => !file.includes("p00") },
      { onFold },
    );
    expect(folds).toEqual([1, 2, 3]);
    expect(heldOut?.pictures).toHaveLength(44);
    expect(heldOut?.auc.value).toBeGreaterThan(0.9);
  });

  it("keeps the best epoch's weights, and stops when patience is over", async () => {
    // A rate that only harms after the first epochs: the validation loss has its minimum before the end.
    const { history, epoch } = await run(
      { epochs: 12, learningRate: 0.5, backboneLearningRate: 0.3, patience: 2, schedule: "constant" },
      {},
      0.25,
    );
    const losses = history.map(({ validationLoss }) => validationLoss ?? NaN);
    expect(losses[epoch - 1]).toBe(Math.min(...losses));
    expect(history.length).toBe(Math.min(12, epoch + 2));
  });

  it("stops where the loss is no number any more, and says what to lower", async () => {
    const checkpointDir = join(dir, "diverged");
    const diverging = run(
      { learningRate: 1e30, backboneLearningRate: 1e30, schedule: "constant" },
      { checkpointDir },
    );
    await expect(diverging).rejects.toThrow(TrainingDiverged);
    await expect(diverging).rejects.toThrow(/Lower --learning-rate \(now 1e\+30\)/);
  });
});

describe("training the top layer alone", PATIENT, () => {
  const top = { onlyTopLayer: true, epochs: 12 };

  it("leaves the backbone as it is, and says how good it is on held-out patients", async () => {
    const { parts, heldOut, history } = await run({ ...top, folds: 3, pooling: "mean+max" });
    expect(heldOut?.auc.value).toBeGreaterThan(0.95);
    expect(history).toHaveLength(12);
    expect(parts.model.initializers.get("w1")).toEqual(tinyCnn().initializers.get("w1"));
    expect(parts.card).toContain("stays as it is");
  });

  it("is deterministic", async () => {
    expect(bytesOf(await run(top)).equals(bytesOf(await run(top)))).toBe(true);
  });

  it("computes features once a picture and copy, and takes them from the cache the second time", async () => {
    const cacheDir = join(dir, "cache");
    const cached = { ...top, cacheDir, augmentation: DEFAULT_AUGMENTATION, augmentedCopies: 2 };
    const computed: (readonly [number, number])[] = [];
    const first = await run(cached, { onFeatures: (done, total) => computed.push([done, total]) });
    expect(computed.at(-1)).toEqual([144, 144]); // 48 pictures as they are and changed twice
    const again: number[] = [];
    const second = await run(cached, { onFeatures: (done) => again.push(done) });
    expect(again).toEqual([48, 96, 144]); // once a copy at its end: nothing was computed
    expect(bytesOf(second).equals(bytesOf(first))).toBe(true);
    expect((await readdir(cacheDir)).length).toBe(1);
  });

  it("scores cells one by one, the first class having no evidence of its own", async () => {
    const { parts, heldOut } = await run({ ...top, pooling: "log-mean-exp", saliency: hiResCam }, {}, 0.25);
    expect(heldOut?.auc.value).toBeGreaterThan(0.8);
    const weights = parts.model.initializers.get("head/weights")?.data ?? [];
    expect([...weights].slice(0, 8).every((w) => w === 0)).toBe(true);
  });

  it("says what is wrong with the options", async () => {
    await expect(run({ ...top, layer: "mixed5" })).rejects.toThrow('no value named "mixed5"');
    await expect(run({ ...top, positive: "tumour" })).rejects.toThrow("normal, hemorrhage");
    await expect(run({ ...top, folds: 20 })).rejects.toThrow("20 folds need");
  });
});
