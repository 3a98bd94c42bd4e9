/**
 * @file Pictures → networks, threshold → the default model's package.
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import type { Region } from "../../src/domain/finding.ts";
import { Classifier } from "../../src/model/classifier.ts";
import { mapRegion, probeFeatureMaps } from "../../src/model/compile.ts";
import { judgePictures } from "../../src/model/evaluate.ts";
import { licencePath } from "../../src/model/import/import-model.ts";
import { aucByGroup, aucDeLong, proportion } from "../../src/model/metrics.ts";
import { loadPackage, savePackage } from "../../src/model/package.ts";
import type { ModelPackage } from "../../src/model/package.ts";
import type { Metric } from "../../src/model/spec.ts";
import { seededRandom } from "../../src/model/train/random.ts";
import type { Model } from "../../src/nn/model.ts";
import { readOnnx } from "../../src/nn/onnx-file.ts";
import { lowerToHalf, pheSichStudies } from "./choose-threshold.ts";
import type { ChoiceStudy, JudgedSlice } from "./choose-threshold.ts";
import { ensembleOf, layersOf } from "./ensemble.ts";
import { extractorIn, trainFolds } from "./folds.ts";
import type { Fold } from "./folds.ts";
import { readHeldOut } from "./pictures.ts";
import {
  EMPTY,
  EXTRACTOR,
  FOLDS,
  JUDGED,
  JUDGED_ONLY,
  LEAST_BLEED_MM2,
  LOOKS,
  PACKAGE,
  PREPROCESS,
  STUDY_RULE,
  TRAINING,
} from "./recipe.ts";

/**
 * PHE-SICH's own slices, each judged by the network that has not seen its patient. Those without brain count as 0, for no
 * network is asked about them.
 */
async function judgeHeldOut(folds: readonly Fold[]): Promise<JudgedSlice[]> {
  const slices: JudgedSlice[] = [];
  for (const fold of folds) {
    const { heldOut } = fold;
    await saveNetworks(fold.looked, [fold], {});
    const classifier = await Classifier.load(fold.looked);
    const own = heldOut.images.filter(({ file }) => JUDGED.test(basename(file)));
    const { cases, positive } = await judgePictures(classifier, { ...heldOut, images: own });
    await classifier.dispose();
    for (const { file, group, classIndex, probabilities } of cases) {
      const probability = EMPTY.test(file) ? 0 : (probabilities[positive] ?? 0);
      slices.push({ file, group, positive: classIndex === positive, probability });
    }
  }
  return slices;
}

/** Held-out phantoms as the whole model sees them. Bleeds too small to be called one anywhere are left out. */
async function phantomStudies(work: string, dir: string): Promise<ChoiceStudy[]> {
  const classifier = await Classifier.load(dir);
  const studies: ChoiceStudy[] = [];
  for (const { study, pictures } of await readHeldOut(work)) {
    if (study.bleed !== null && Math.max(...study.slabs.map(({ mm2 }) => mm2)) < LEAST_BLEED_MM2) continue;
    const shown = pictures.map((rgb) => rgb.some((value) => value > 0));
    const results = await classifier.classifyRgb(pictures);
    studies.push({
      name: `phantom ${study.seed}`,
      group: "phantom",
      kind: study.bleed ?? "none",
      bleeding: study.bleed !== null,
      slices: study.slabs.map((slab, i) => ({
        ...slab,
        probability: shown[i] === true ? (results[i]?.probability ?? 0) : 0,
      })),
    });
  }
  await classifier.dispose();
  return studies;
}

/** AUC of held-out slices, patients drawn again; DeLong's interval beside it. */
function aucMetrics(slices: readonly JudgedSlice[], what: string): Metric[] {
  const scored = {
    scores: slices.map(({ probability }) => probability),
    positive: slices.map(({ positive }) => positive),
  };
  const groups = slices.map(({ group }) => group);
  const { value, interval } = aucDeLong(scored);
  const byPatient = aucByGroup(scored, groups, seededRandom(TRAINING.seed));
  const of = `PHE-SICH, ${slices.length} slices ${what}, ${FOLDS} folds of its ${new Set(groups).size} patients`;
  return [
    { name: "AUC", of, value, interval: byPatient, method: "bootstrap by patient" },
    { name: "AUC", of, value, interval, method: "DeLong" },
  ];
}

/** Where the maps that are averaged look on the picture: the mean of where each does at each of its looks. */
async function meanRegion(networks: readonly Model[]): Promise<Region> {
  const regions: Region[] = [];
  for (const network of networks) {
    const maps = await probeFeatureMaps(network, EXTRACTOR.layer, PREPROCESS.size);
    regions.push(await mapRegion(network, maps, PREPROCESS.size));
  }
  const mean = (part: keyof Region): number =>
    regions.reduce((sum, region) => sum + region[part], 0) / regions.length;
  // A picture moved by so much shows a cell what lies before the cell's own place.
  const movedBy = LOOKS.reduce<number>((sum, pixels) => sum + pixels, 0) / LOOKS.length / PREPROCESS.size;
  return {
    top: mean("top") - movedBy,
    left: mean("left") - movedBy,
    rows: mean("rows"),
    columns: mean("columns"),
  };
}

/** Networks, with all of their looks, as one package, not yet calibrated. */
async function saveNetworks(
  output: string,
  folds: readonly Fold[],
  extra: Readonly<Record<string, string>>,
): Promise<ModelPackage> {
  const packages = await Promise.all(folds.map(({ dir }) => loadPackage(dir)));
  const [first] = packages;
  if (!first) throw new Error("the recipe has no folds");
  const peaks = packages.map(({ spec }) => spec.saliency.referencePeak ?? 0);
  const referencePeak = peaks.reduce((a, b) => a + b, 0) / peaks.length;
  const images = await trainedImages(folds);
  const networks = packages.map(({ onnx }) => readOnnx(onnx));
  return savePackage(output, {
    labels: first.labels,
    model: ensembleOf(networks, LOOKS),
    card: first.card,
    extra,
    spec: {
      ...first.spec,
      ...PACKAGE,
      layer: layersOf(EXTRACTOR.layer, packages.length).join(","),
      saliency: { ...first.spec.saliency, region: await meanRegion(networks), referencePeak },
      training: { ...first.spec.training, ...images, networks: folds.length },
    },
  });
}

/** How many pictures of each class and patients the networks were trained on together. */
async function trainedImages(folds: readonly Fold[]): Promise<Record<string, unknown>> {
  const all = folds.flatMap(({ heldOut }) => heldOut.images.filter(({ file }) => !JUDGED_ONLY.test(file)));
  const labels = folds[0]?.heldOut.labels ?? [];
  const counts = labels.map((label, c) => [label, all.filter((image) => image.classIndex === c).length]);
  return {
    images: Object.fromEntries(counts) as Record<string, number>,
    patients: new Set(all.map(({ group }) => group)).size,
  };
}

/** Train, choose the threshold, and write the package. */
export async function buildPackage(work: string, output: string): Promise<void> {
  const folds = await trainFolds(work);
  const extra = { "EXTRACTOR-LICENSE.txt": await readFile(licencePath(await extractorIn(work)), "utf8") };
  const plain = await saveNetworks(output, folds, extra);
  const slices = await judgeHeldOut(folds);
  const withBrain = slices.filter(({ file }) => !EMPTY.test(file));
  const studies = [...pheSichStudies(slices), ...(await phantomStudies(work, output))];
  const { choice, loweredBy } = lowerToHalf(studies, STUDY_RULE);
  const { spec, labels, onnx, card } = plain;
  const bias = labels.map((label) => (label === spec.positive ? -loweredBy : 0));
  const metrics = [
    ...aucMetrics(withBrain, "with brain on them"),
    ...aucMetrics(slices, "(all, black ones too)"),
    ...choice.right.map((set): Metric => ({
      name: "judged rightly",
      of: `${set.count} studies the threshold was chosen on: ${set.of}`,
      ...proportion(set.right, set.count),
      method: "Wilson",
    })),
  ];
  await savePackage(output, {
    ...{ labels, model: readOnnx(onnx), card },
    extra,
    spec: {
      ...spec,
      ...{ metrics, studyRule: { ...STUDY_RULE }, calibration: { scale: 1, bias } },
      threshold: {
        value: choice.threshold,
        chosen:
          "of studies: PHE-SICH patients by networks that have not seen them, the stretches of those exams away from the " +
          "bleed, and held-out phantoms; of those that flag none without a bleed, the one that finds most",
      },
    },
  });
  console.error(`threshold ${choice.threshold.toFixed(3)}, log-odds lowered by ${loweredBy.toFixed(2)}`);
  for (const { name, of, value, interval, method } of metrics) {
    const range = interval ? ` (${interval.map((v) => v.toFixed(3)).join(" to ")}, ${method})` : "";
    console.error(`${name} ${value.toFixed(4)}${range}: ${of}`);
  }
}
