/**
 * @file Score-CAM (Wang et al. 2020, arXiv 1910.01279): the image is shown through each channel, enlarged and stretched
 * to 0…1; the softmax of the scores over the channels weighs them.
 */
import { resizeAligned } from "../imaging/resize-aligned.ts";
import { floats } from "../nn/tensor.ts";
import { channelMethod } from "./channel-weights.ts";

/** Images in one run. */
const BATCH = 8;
/** Keeps a channel without contrast finite; as in pytorch-grad-cam. */
const EPSILON = 1e-8;

/** A channel as a mask of 0…1 over the image. */
function maskOf(
  values: Float32Array,
  from: readonly [number, number],
  to: readonly [number, number],
): Float32Array {
  const large = resizeAligned({ rows: from[0], columns: from[1], values }, to[0], to[1]).values;
  const least = large.reduce((a, b) => Math.min(a, b), Infinity);
  const most = large.reduce((a, b) => Math.max(a, b), -Infinity);
  return large.map((value) => (value - least) / (most - least + EPSILON));
}

function softmax(scores: readonly number[]): number[] {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export const scoreCam = channelMethod("score-cam", {
  changes: "image",
  async weights({ image, maps, scores }) {
    const [, channels = 0, rows = 0, columns = 0] = maps.shape;
    const [, planes = 0, height = 0, width = 0] = image.shape;
    const plane = height * width;
    const found: number[] = [];
    for (let start = 0; start < channels; start += BATCH) {
      const count = Math.min(BATCH, channels - start);
      const shown = new Float32Array(count * planes * plane);
      for (let i = 0; i < count; i++) {
        const at = (start + i) * rows * columns;
        const mask = maskOf(maps.data.subarray(at, at + rows * columns), [rows, columns], [height, width]);
        image.data.forEach((value, j) => (shown[i * planes * plane + j] = value * (mask[j % plane] ?? 0)));
      }
      found.push(...(await scores(floats([count, planes, height, width], shown))));
    }
    return softmax(found);
  },
});
