import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { gradCam } from "../../explain/grad-cam.ts";
import { OPSET } from "../../nn/builder.ts";
import { writeOnnx } from "../../nn/onnx-file.ts";
import { Session } from "../../nn/session.ts";
import { floats } from "../../nn/tensor.ts";
import { Classifier } from "../classifier.ts";
import { judgePictures, summariseCases } from "../evaluate.ts";
import { headModel } from "../head.ts";
import { UNIT_NORMALISATION } from "../import/extractor-note.ts";
import { savePackage } from "../package.ts";
import { TINY_SIZE, tinyExtractor } from "../test-package.ts";
import { Adam } from "./adam.ts";
import { DEFAULT_PREPROCESS } from "./default-preprocess.ts";
import { DEFAULT_GROUP, groupOf, readImageFolder } from "./image-folder.ts";
import { seededRandom } from "./random.ts";
import { balancedWeights, groupFolds } from "./split.ts";
import { foldStandard, standardOf } from "./standardise.ts";
import { headLogits, trainHead } from "./train-head.ts";
import { train } from "./train.ts";
import type { Extractor } from "./package-parts.ts";
import type { TrainOptions } from "./train.ts";

let dir: string;

/** Twelve patients with four pictures: hemorrhage is bright in the first window, the third is noise. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-train-"));
  const random = seededRandom(7);
  for (const label of ["hemorrhage", "normal"]) {
    await mkdir(join(dir, "data", label), { recursive: true });
    for (let picture = 0; picture < 24; picture++) {
      const patient = Math.floor(picture / 4) + (label === "normal" ? 6 : 0);
      const level = (label === "normal" ? 90 : 140) + 30 * (random() - 0.5);
      const noise = 255 * random();
      const rgb = Buffer.alloc(TINY_SIZE * TINY_SIZE * 3);
      for (let i = 0; i < rgb.length; i++) rgb[i] = i % 3 === 0 ? level : i % 3 === 2 ? noise : 100;
      const raw = { width: TINY_SIZE, height: TINY_SIZE, channels: 3 } as const;
      await sharp(rgb, { raw })
        .png()
        .toFile(join(dir, "data", label, `p${patient}_${picture}.png`));
    }
  }
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

const extractor: Extractor = {
  model: tinyExtractor(),
  digest: "tiny",
  description: "mean filter",
  size: TINY_SIZE,
  normalisation: UNIT_NORMALISATION,
};

const options = (change: Partial<TrainOptions> = {}): TrainOptions => ({
  name: "tiny-head",
  version: "1",
  licence: "MIT-0",
  layer: "maps",
  pooling: "mean+max",
  preprocess: DEFAULT_PREPROCESS,
  saliency: gradCam,
  epochs: 20,
  batchSize: 8,
  learningRate: 0.05,
  weightDecay: 0,
  classWeights: "balanced",
  folds: 3,
  seed: 1,
  cacheDir: null,
  ...change,
});

describe("train", () => {
  it("makes a package that tells the classes apart, and says how well on held-out patients", async () => {
    const folder = await readImageFolder(join(dir, "data"));
    expect(folder.labels).toEqual(["normal", "hemorrhage"]);
    const { parts, crossValidation } = await train(folder, extractor, options());
    expect(crossValidation?.auc.value).toBe(1);
    expect(crossValidation?.threshold).toBeGreaterThan(0);
    await savePackage(join(dir, "model"), parts);
    const classifier = await Classifier.load(join(dir, "model"));
    const evaluation = summariseCases(await judgePictures(classifier, folder), parts.spec.threshold.value);
    expect(evaluation).toMatchObject({ cases: 48, positives: 24, groups: 12, auc: { value: 1 } });
    expect(parts.spec.saliency.referencePeak).toBeGreaterThan(0);
    expect(parts.card).toContain("patients: 12");
    await classifier.dispose();
  });

  it("is deterministic, and the seed matters", async () => {
    const folder = await readImageFolder(join(dir, "data"));
    const bytes = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const { parts } = await train(folder, extractor, options({ seed, folds: 0, epochs: 3 }));
        return Buffer.from(writeOnnx(parts.model)).toString("base64");
      }),
    );
    expect(bytes[1]).toBe(bytes[0]);
    expect(bytes[2]).not.toBe(bytes[0]);
  });

  it("takes features from the cache the second time, with the same result", async () => {
    const folder = await readImageFolder(join(dir, "data"));
    const cached = options({ cacheDir: join(dir, "cache"), folds: 0, epochs: 3 });
    const runs: number[] = [];
    const models = [];
    for (let round = 0; round < 2; round++) {
      let reports = 0;
      const { parts } = await train(folder, extractor, cached, { onFeatures: () => reports++ });
      runs.push(reports);
      models.push(writeOnnx(parts.model));
    }
    expect(runs[1]).toBe(1); // only the last report: nothing was computed
    expect(models[1]).toEqual(models[0]);
    expect(await readdir(join(dir, "cache"))).toHaveLength(1);
  });

  it("says what is wrong with the data or the options", async () => {
    await expect(readImageFolder(join(dir, "data", "normal"))).rejects.toThrow("found none");
    const folder = await readImageFolder(join(dir, "data"));
    await expect(train(folder, extractor, options({ layer: "mixed5" }))).rejects.toThrow(
      'no value named "mixed5"',
    );
    await expect(train(folder, extractor, options({ positive: "tumour" }))).rejects.toThrow(
      "normal, hemorrhage",
    );
    await expect(train(folder, extractor, options({ folds: 20 }))).rejects.toThrow("20 folds need");
  });
});

describe("its parts", () => {
  it("Adam moves by the learning rate first, whatever the gradient's size, and decays apart from it", () => {
    const parameters = Float32Array.of(1, 1, 0);
    const adam = new Adam(3);
    adam.update(parameters, Float32Array.of(1000, -0.001, 0), { learningRate: 0.1, weightDecay: 0.5 });
    // 1 ∓ 0.1 - 0.1 · 0.5 · 1
    [0.85, 1.05, 0].forEach((value, i) => expect(parameters[i]).toBeCloseTo(value, 4));
  });

  it("a head for standardised features, folded, gives the same logits on the features as they were", () => {
    const features = { length: 2, values: Float32Array.of(1, 10, 3, 30, 5, 50, 100, 100) };
    // Mean 3 and 30, deviation √(8/3) and 10 √(8/3); the fourth row has no say.
    const standard = standardOf(features, [0, 1, 2]);
    [3, 30].forEach((mean, f) => expect(standard.mean[f]).toBeCloseTo(mean, 5));
    [1, 10].forEach((unit, f) => expect(standard.deviation[f]).toBeCloseTo(unit * Math.sqrt(8 / 3), 5));
    // Two rows of two cells with one feature are four vectors of it.
    expect(standardOf({ length: 2, values: Float32Array.of(1, 3, 5, 7) }, [0, 1], 2).mean[0]).toBe(4);
    const head = { weights: Float32Array.of(1, 2, -3, 4), bias: Float32Array.of(0.5, -0.5) };
    // Row 0 is -2 / √(8/3) = -1.224745 in both features: 0.5 + 3 · -1.224745 and -0.5 + 1 · -1.224745
    const folded = foldStandard(head, standard);
    const [logits = []] = headLogits(folded, { features, cells: 1 }, [0]);
    [-3.174235, -1.724745].forEach((logit, c) => expect(logits[c]).toBeCloseTo(logit, 4));
  });

  it("a head finds the line between two classes", async () => {
    const random = seededRandom(3);
    const values = Float32Array.from({ length: 200 }, () => 2 * random() - 1);
    const classIndex = Array.from({ length: 100 }, (_, i) =>
      (values[2 * i] ?? 0) > (values[2 * i + 1] ?? 0) ? 1 : 0,
    );
    const data = { features: { length: 2, values }, cells: 1, classIndex, weight: classIndex.map(() => 1) };
    const all = classIndex.map((_, i) => i);
    const losses: number[] = [];
    const head = await trainHead(data, all, {
      ...{ classes: 2, epochs: 60, batchSize: 20, learningRate: 0.05, weightDecay: 0, seed: 1 },
      onEpoch: ({ loss }) => losses.push(loss),
    });
    expect(losses[0]).toBeGreaterThan(0.5); // it begins near log 2: every class as likely
    expect(losses.at(-1)).toBeLessThan(0.15);
    const right = headLogits(head, data, all).filter(
      ([a = 0, b = 0], i) => (b > a ? 1 : 0) === classIndex[i],
    );
    expect(right.length).toBeGreaterThanOrEqual(98);
  });

  it("a head that scores cells finds the one cell that differs, and gives the first class no evidence", async () => {
    // Four cells of two features an image; in images of class 1 the second feature of one cell is 1.
    const random = seededRandom(4);
    const classIndex = Array.from({ length: 60 }, (_, i) => i % 2);
    const values = new Float32Array(60 * 8).map(() => 0.2 * random());
    classIndex.forEach((c, i) => {
      if (c === 1) values[8 * i + 2 * Math.floor(4 * random()) + 1] = 1;
    });
    const data = { features: { length: 8, values }, cells: 4, classIndex, weight: classIndex.map(() => 1) };
    const all = classIndex.map((_, i) => i);
    const head = await trainHead(data, all, {
      ...{ classes: 2, epochs: 60, batchSize: 20, learningRate: 0.05, weightDecay: 0, seed: 1 },
    });
    expect([...head.weights.subarray(0, 2)]).toEqual([0, 0]);
    const right = headLogits(head, data, all).filter(
      ([a = 0, b = 0], i) => (b > a ? 1 : 0) === classIndex[i],
    );
    expect(right.length).toBe(60);
  });

  it("the logit of an image is the log of the mean of its cells' exponentials", async () => {
    const head = { weights: Float32Array.of(0, 1), bias: Float32Array.of(0.5, 0) };
    const cells = [Math.log(1), Math.log(3), Math.log(5), Math.log(7)];
    const features = { length: 4, values: Float32Array.from(cells) };
    const logits = headLogits(head, { features, cells: 4 }, [0])[0] ?? [];
    expect(logits[0]).toBeCloseTo(0.5, 6);
    expect(logits[1]).toBeCloseTo(Math.log(4), 6); // (1 + 3 + 5 + 7) / 4

    const maps = { layer: "maps", channels: 1, rows: 2, columns: 2 };
    const session = await Session.load(headModel(maps, "log-mean-exp", head, OPSET));
    const result = await session.run({ maps: floats([1, 1, 2, 2], Float32Array.from(cells)) });
    await session.dispose();
    const graphLogits = result["logits"]?.data ?? [];
    expect(Number(graphLogits[0])).toBeCloseTo(0.5, 5);
    expect(Number(graphLogits[1])).toBeCloseTo(Math.log(4), 5);
  });

  it("folds keep every patient on one side and hold each out once", () => {
    const groups = [..."aaabbcddddeef"];
    const splits = groupFolds(groups, 3, seededRandom(1));
    expect(splits.flatMap(({ held }) => held).toSorted((a, b) => a - b)).toEqual(groups.map((_, i) => i));
    for (const { train: rest, held } of splits) {
      const inTraining = new Set(rest.map((i) => groups[i]));
      expect(held.some((i) => inTraining.has(groups[i]))).toBe(false);
      expect(rest.length + held.length).toBe(groups.length);
    }
  });

  it("balanced weights make classes count the same", () => {
    expect(balancedWeights([0, 0, 0, 1], 2)).toEqual([2 / 3, 2 / 3, 2 / 3, 2]);
  });

  it.each([
    ["/a/0002_01.png", DEFAULT_GROUP, "0002"],
    ["ID_x_12.jpg", DEFAULT_GROUP, "ID_x"],
    ["single.png", DEFAULT_GROUP, "single"],
    ["study7-slice3.png", /^study\d+/, "study7"],
    ["study7-slice3.png", /^study(\d+)/, "7"],
  ])("the patient of %s by %s is %s", (file, pattern, group) => {
    expect(groupOf(file, pattern)).toBe(group);
  });
});
