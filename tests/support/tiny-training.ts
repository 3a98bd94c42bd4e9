/**
 * @file A training of milliseconds: tiny pictures, a tiny network, and the options that go with them.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { TINY_SIDE, tinyCnn, writeTinyFolder } from "../../src/model/train/test-training.ts";
import { writeOnnx } from "../../src/nn/onnx-file.ts";

/** Writes `data` and `tiny.onnx` below a folder. Gives the arguments of `train` and `tune` that name them. */
export async function writeTinyTraining(dir: string, patients: number, pictures: number): Promise<string[]> {
  await writeTinyFolder(join(dir, "data"), patients, pictures);
  const backbone = join(dir, "tiny.onnx");
  await writeFile(backbone, writeOnnx(tinyCnn()));
  const fixed = ["--backbone", backbone, "--size", String(TINY_SIDE), "--normalisation", "unit"];
  return [join(dir, "data"), ...fixed];
}

/** Options of a training of the whole network, long enough to be stopped in the middle. */
export const WHOLE_NETWORK: readonly string[] = [
  ...["--train-only-top-layer", "false", "--epochs", "8", "--batch-size", "4", "--pooling", "mean"],
];
