/**
 * @file Occlusion (Zeiler and Fergus 2014, arXiv 1311.2901): how much of the score is lost when a window of the image
 * is covered. The windows stand side by side, one a cell of the map; no gradient and no layer is looked at.
 */
import { Session } from "../nn/session.ts";
import { floats } from "../nn/tensor.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import { oneByOne } from "./method.ts";
import type { Method, RawMaps } from "./method.ts";

/** Windows along each side. */
const WINDOWS = 16;
/** Images in one run. */
const BATCH = 8;

/** The edges of the windows along an axis of `length` pixels: whole pixels, as even as can be. */
function edges(length: number): number[] {
  const count = Math.min(WINDOWS, length);
  return Array.from({ length: count + 1 }, (_, i) => Math.round((i * length) / count));
}

/** The image with the pixels of rows `top`…`bottom` and columns `left`…`right` set to the baseline, written to `out`. */
function cover(
  out: Float32Array,
  { shape, data }: FloatTensor,
  [top, bottom, left, right]: readonly [number, number, number, number],
  baseline: readonly number[],
): void {
  const [, channels = 0, rows = 0, columns = 0] = shape;
  out.set(data);
  for (let c = 0; c < channels; c++)
    for (let row = top; row < bottom; row++) {
      const start = (c * rows + row) * columns;
      out.fill(baseline[c] ?? 0, start + left, start + right);
    }
}

export const occlusion: Method = {
  name: "occlusion",
  usesGradients: false,
  cells: "windows",
  async prepare(network, { target, baseline }) {
    const [session, scorer] = [
      await Session.load(network.model, network.session),
      await network.scorer(target),
    ];
    const one = async (image: FloatTensor): Promise<RawMaps> => {
      const logits = (await session.run({ [network.input]: image }))[network.logits];
      if (logits?.type !== "float32")
        throw new TypeError("a network's logits must be float32 to be explained");
      const [, channels = 0, rows = 0, columns = 0] = image.shape;
      const [down, across] = [edges(rows), edges(columns)];
      const [score = 0] = await scorer.scores(image, logits.data);
      const windows = down
        .slice(1)
        .flatMap((bottom, r) =>
          across.slice(1).map((right, c) => [down[r] ?? 0, bottom, across[c] ?? 0, right] as const),
        );
      const map = new Float32Array(windows.length);
      for (let start = 0; start < windows.length; start += BATCH) {
        const batch = windows.slice(start, start + BATCH);
        const covered = new Float32Array(batch.length * image.data.length);
        batch.forEach((window, i) => {
          const own = covered.subarray(i * image.data.length, (i + 1) * image.data.length);
          cover(own, image, window, baseline);
        });
        const shape = [batch.length, channels, rows, columns];
        const found = await scorer.scores(floats(shape, covered), logits.data);
        found.forEach((value, i) => (map[start + i] = Math.max(0, score - value)));
      }
      return { scores: [score], logits, rows: down.length - 1, columns: across.length - 1, maps: [map] };
    };
    return {
      run: (images) => oneByOne(images, one),
      async dispose() {
        await session.dispose();
        await scorer.dispose();
      },
    };
  },
};
