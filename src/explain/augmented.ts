/**
 * @file Smoothing by augmentation: a map is the mean of the maps of an image and its mirror image, each a little
 * darker, as it is, and a little brighter (as pytorch-grad-cam's `aug_smooth`, the raw maps averaged).
 */
import { floats } from "../nn/tensor.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import type { Mapper, RawMaps } from "./method.ts";

/** What the normalised values are multiplied with. */
const GAINS = [0.9, 1, 1.1] as const;

/** Each row the other way round. */
function mirrored(values: Float32Array, columns: number): Float32Array {
  return values.map((_, i) => {
    const column = i % columns;
    return values[i - column + (columns - 1 - column)] ?? 0;
  });
}

/** The scores and logits are those of the images as they are. */
export async function averagedOverViews(mapper: Mapper, images: FloatTensor): Promise<RawMaps> {
  const plain = await mapper.run(images);
  const sums = plain.maps.map((map) => Float32Array.from(map));
  for (const gain of GAINS)
    for (const isMirrored of [false, true]) {
      if (gain === 1 && !isMirrored) continue;
      const turned = isMirrored ? mirrored(images.data, images.shape[3] ?? 1) : images.data;
      const view = floats(
        images.shape,
        turned.map((value) => gain * value),
      );
      const { maps } = await mapper.run(view);
      maps.forEach((map, n) => {
        const back = isMirrored ? mirrored(map, plain.columns) : map;
        back.forEach((value, i) => {
          const sum = sums[n];
          if (sum) sum[i] = (sum[i] ?? 0) + value;
        });
      });
    }
  const views = 2 * GAINS.length;
  return { ...plain, maps: sums.map((sum) => sum.map((value) => value / views)) };
}
