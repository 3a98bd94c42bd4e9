/**
 * @file `firstread train --train-only-top-layer true`: a new layer on the features of a frozen backbone.
 */
import { basename, resolve } from "node:path";

import { savePackage } from "../../model/package.ts";
import { DEFAULT_PREPROCESS } from "../../model/train/default-preprocess.ts";
import { readImageFolder } from "../../model/train/image-folder.ts";
import { train } from "../../model/train/train.ts";
import { createProgress } from "../progress.ts";
import { licenceFiles, readExtractor, saliencyFor } from "./options.ts";
import type { TrainCommandOptions } from "./options.ts";

/** Train the top layer of class folders, and write the package. */
export async function trainTopLayer(data: string, options: TrainCommandOptions): Promise<void> {
  const { judge } = options;
  const folder = await readImageFolder(data, options.groupBy);
  const extractor = await readExtractor(options);
  const patients = new Set(folder.images.map(({ group }) => group)).size;
  console.error(
    `${folder.images.length} pictures of ${patients} patients; classes ${folder.labels.join(", ")}`,
  );
  const progress = createProgress();
  const { parts, crossValidation } = await train(
    folder,
    extractor,
    {
      ...options,
      version: options.modelVersion,
      preprocess: DEFAULT_PREPROCESS,
      saliency: saliencyFor(options.pooling),
      folds: options.folds ?? 5,
      learningRate: options.learningRate ?? 0.01,
      weightDecay: options.weightDecay ?? 0.1,
      cacheDir: options.cache === false ? null : resolve(options.cache),
      ...(judge ? { judged: (file) => judge.test(basename(file)) } : {}),
    },
    {
      onFeatures: (done, total) => progress.show("features", done, total),
      onFold: (fold, area) => {
        progress.clear();
        console.error(`fold ${fold}: AUC of held-out patients ${area.toFixed(4)}`);
      },
      onEpoch: (fold, { epoch, loss, accuracy }) => {
        progress.show(fold ? `fold ${fold}` : "all", epoch, options.epochs);
        if (fold > 0 || (epoch % 10 !== 0 && epoch !== options.epochs)) return;
        progress.clear();
        console.error(`epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`);
      },
    },
  );
  progress.clear();
  const extra = await licenceFiles(options.backbone);
  const { spec } = await savePackage(resolve(options.output), { ...parts, extra });
  if (options.json) {
    console.log(
      JSON.stringify({ output: resolve(options.output), metrics: spec.metrics, threshold: spec.threshold }),
    );
    return;
  }
  if (crossValidation) {
    const { auc, byPatient, folds } = crossValidation;
    const range = (interval: readonly [number, number]) => interval.map((v) => v.toFixed(3)).join(" to ");
    console.log(`AUC, ${folds} folds by patient: ${auc.value.toFixed(4)}`);
    console.log(
      `  95 % interval: ${range(byPatient)} (patients drawn again), ${range(auc.interval)} (DeLong)`,
    );
  }
  console.log(`Model package: ${resolve(options.output)}`);
}
