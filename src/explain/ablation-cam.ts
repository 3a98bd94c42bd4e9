/**
 * @file Ablation-CAM (Desai and Ramaswamy 2020, WACV): a channel's weight is the share of the score that is lost when
 * the channel is set to 0.
 *
 * The share is of the score's magnitude, so that a negative score does not turn the map round; of a
 * score of 0 it is the loss itself.
 */
import { floats } from "../nn/tensor.ts";
import { channelMethod } from "./channel-weights.ts";

/** Feature maps in one run: the network after the layer is small. */
const BATCH = 32;

export const ablationCam = channelMethod("ablation-cam", {
  changes: "maps",
  async weights({ maps, score, scores }) {
    const [, channels = 0, rows = 0, columns = 0] = maps.shape;
    const cells = rows * columns;
    const weights = new Float32Array(channels);
    for (let start = 0; start < channels; start += BATCH) {
      const count = Math.min(BATCH, channels - start);
      const changed = new Float32Array(count * channels * cells);
      for (let i = 0; i < count; i++) {
        const own = changed.subarray(i * channels * cells, (i + 1) * channels * cells);
        own.set(maps.data);
        own.fill(0, (start + i) * cells, (start + i + 1) * cells);
      }
      const without = await scores(floats([count, channels, rows, columns], changed));
      without.forEach((value, i) => (weights[start + i] = (score - value) / (Math.abs(score) || 1)));
    }
    return weights;
  },
});
