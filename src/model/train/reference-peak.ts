/**
 * @file How high the saliency map of a clear positive rises: the overlay's full colour.
 */
import { readFile } from "node:fs/promises";

import type { Model } from "../../nn/model.ts";
import { Session } from "../../nn/session.ts";
import { rgbToTensor } from "../input-tensor.ts";
import { readPicture } from "../picture-file.ts";
import type { Normalisation } from "../spec.ts";

/** Pictures looked at: enough for a median. */
const SAMPLE = 48;

/**
 * The median raw peak of the maps of an even sample of positive pictures; null when there are none or none rises.
 * @param model a compiled graph with the output `saliency`
 */
export async function referencePeak(
  model: Model,
  positives: readonly string[],
  { size, normalisation }: { size: number; normalisation: Normalisation },
): Promise<number | null> {
  const step = Math.max(1, positives.length / SAMPLE);
  const sample = Array.from({ length: Math.min(SAMPLE, positives.length) }, (_, i) => Math.floor(i * step));
  const session = await Session.load(model);
  const peaks: number[] = [];
  try {
    for (const index of sample) {
      const file = positives[index] ?? "";
      const picture = await readPicture(await readFile(file), size, file);
      const feeds = { [session.inputNames[0] ?? ""]: rgbToTensor([picture], size, normalisation) };
      const map = (await session.run(feeds, ["saliency"]))["saliency"];
      if (map?.type === "float32") peaks.push(map.data.reduce((a, b) => Math.max(a, b), 0));
    }
  } finally {
    await session.dispose();
  }
  const median = peaks.toSorted((a, b) => a - b)[Math.floor(peaks.length / 2)];
  return median !== undefined && median > 0 ? median : null;
}
