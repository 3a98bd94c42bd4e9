/**
 * @file `firstread train` from and to wherever data and packages are: data is brought to this machine first, a
 * package that goes elsewhere is made on this machine and published when it is whole.
 */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";

import {
  checkPlace,
  defaultCacheDir,
  isPlainPath,
  publishFolder,
  toLocalFolder,
} from "../../store/location.ts";
import { createProgress } from "../progress.ts";
import type { TrainCommandOptions } from "./options.ts";
import { runTraining } from "./run.ts";

/** Where a package (and its checkpoints, beside it) is made that goes elsewhere: the same for `--resume`. */
function standInFor(place: string): string {
  return join(
    defaultCacheDir(),
    `output-${createHash("sha256").update(place).digest("hex").slice(0, 24)}`,
    "package",
  );
}

/** @throws what the places say (a bucket that is none is found before training), and what `runTraining` throws */
export async function trainBetween(data: string, options: TrainCommandOptions): Promise<void> {
  const { output: place, validation } = options;
  await checkPlace(place);
  const progress = createProgress();
  const bring = async (from: string): Promise<string> => {
    const onProgress = (done: number, total: number) => progress.show("fetch", done, total);
    const folder = await toLocalFolder(from, defaultCacheDir(), { onProgress });
    progress.clear();
    return resolve(folder);
  };
  const local = await bring(data);
  const given = { ...options, ...(validation === undefined ? {} : { validation: await bring(validation) }) };
  if (isPlainPath(place)) return runTraining(local, resolve(place), given);
  return runTraining(local, standInFor(place), given, async (dir) => {
    await publishFolder(dir, place);
    await rm(dir, { recursive: true });
    return place;
  });
}
