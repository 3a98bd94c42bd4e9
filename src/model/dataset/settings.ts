/**
 * @file What a dataset was made with: `dataset.json`. A run that goes on, and every shard, must be told the same.
 */
import { createHash } from "node:crypto";

import type { DatasetSink } from "./ends.ts";
import type { PictureSpec } from "./picture.ts";
import type { SplitParts } from "./split-plan.ts";

export interface DatasetSettings {
  readonly classes: readonly string[];
  readonly picture: PictureSpec;
  readonly split: SplitParts;
  readonly seed: number;
  /** Tells secrets apart without giving them away. */
  readonly secretCheck: string;
  readonly shards: number;
}

export const SETTINGS_FILE = "dataset.json";

/** The destination holds a dataset made another way. */
export class OtherDataset extends Error {
  override readonly name = "OtherDataset";
}

export function secretCheck(secret: string): string {
  return createHash("sha256").update(`firstread secret check ${secret}`).digest("hex").slice(0, 8);
}

/**
 * Write the settings, or see that those there are the same.
 * @throws OtherDataset naming what differs
 */
export async function keepSettings(sink: DatasetSink, settings: DatasetSettings): Promise<void> {
  const before = await readSettings(sink);
  if (before === null) {
    await sink.write(SETTINGS_FILE, `${JSON.stringify(settings, null, 2)}\n`);
    return;
  }
  const differing = Object.entries(settings).flatMap(([name, value]) => {
    const there = JSON.stringify(before[name as keyof DatasetSettings]);
    const wanted = JSON.stringify(value);
    return there === wanted ? [] : [`${name} is ${there} there and ${wanted} here`];
  });
  if (differing.length > 0) {
    throw new OtherDataset(
      `${sink.uri} holds a dataset made with other settings: ${differing.join("; ")}. ` +
        "Give the same options to go on, or an empty destination.",
    );
  }
}

export async function readSettings(sink: DatasetSink): Promise<DatasetSettings | null> {
  const text = await sink.text(SETTINGS_FILE);
  return text === null ? null : (JSON.parse(text) as DatasetSettings);
}

/** "40/80 80/200 600/2800". */
export function windowsInWords({ windows }: PictureSpec): string {
  return windows.map(({ centerHu, widthHu }) => `${centerHu}/${widthHu}`).join(" ");
}
