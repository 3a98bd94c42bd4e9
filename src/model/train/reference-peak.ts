/**
 * @file How high the saliency map of a clear positive rises: the overlay's full colour.
 */
import type { Model } from "../../nn/model.ts";
import { Session } from "../../nn/session.ts";
import { rgbToTensor } from "../input-tensor.ts";
import type { Normalisation } from "../spec.ts";

export interface ReferencePictures {
  readonly size: number;
  readonly normalisation: Normalisation;
  /** The picture `[size, size, 3]` at an index. */
  readonly picture: (index: number) => Promise<Uint8Array>;
}

/** Pictures looked at: enough for a median. */
const SAMPLE = 48;

/**
 * The median raw peak of the maps of an even sample of positive pictures; null when there are none or none rises.
 * @param positives indices of pictures
 * @param model a compiled graph with the output `saliency`
 */
export async function referencePeak(
  model: Model,
  positives: readonly number[],
  { size, normalisation, picture }: ReferencePictures,
): Promise<number | null> {
  const step = Math.max(1, positives.length / SAMPLE);
  const sample = Array.from({ length: Math.min(SAMPLE, positives.length) }, (_, i) => Math.floor(i * step));
  const session = await Session.load(model);
  const peaks: number[] = [];
  try {
    for (const index of sample) {
      const shown = await picture(positives[index] ?? 0);
      const feeds = { [session.inputNames[0] ?? ""]: rgbToTensor([shown], size, normalisation) };
      const map = (await session.run(feeds, ["saliency"]))["saliency"];
      if (map?.type === "float32") peaks.push(map.data.reduce((a, b) => Math.max(a, b), 0));
    }
  } finally {
    await session.dispose();
  }
  const median = peaks.toSorted((a, b) => a - b)[Math.floor(peaks.length / 2)];
  return median !== undefined && median > 0 ? median : null;
}
