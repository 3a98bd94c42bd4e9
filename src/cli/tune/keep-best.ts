/**
 * @file The best trial's package, kept as `model/`; the packages of the others are removed.
 */
import { existsSync } from "node:fs";
import { cp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Objective } from "../../model/tune/objective.ts";
import { bestTrial } from "../../model/tune/search.ts";
import type { Trial, TrialFolder } from "../../model/tune/trials.ts";
import { packageOf } from "./run-trial.ts";

async function isSame(a: string, b: string): Promise<boolean> {
  const read = (dir: string) => readFile(join(dir, "model.json"), "utf8").catch(() => null);
  const [left, right] = await Promise.all([read(a), read(b)]);
  return left !== null && left === right;
}

/**
 * Bring `model/` up to date. It is whole at every moment; what was left half done is done again.
 * @returns where it is; null where no trial worked
 */
export async function keepBest(
  folder: TrialFolder,
  trials: readonly Trial[],
  objective: Objective,
): Promise<string | null> {
  const best = bestTrial(trials, objective);
  if (!best) return null;
  const kept = join(folder.dir, "model");
  const source = packageOf(folder.dirOf(best.number));
  if (existsSync(source) && !(await isSame(source, kept))) {
    const staging = join(folder.dir, ".model");
    await rm(staging, { recursive: true, force: true });
    await cp(source, staging, { recursive: true });
    await rm(kept, { recursive: true, force: true });
    await rename(staging, kept);
  }
  for (const { number } of trials) {
    if (number !== best.number) await rm(packageOf(folder.dirOf(number)), { recursive: true, force: true });
  }
  return kept;
}
