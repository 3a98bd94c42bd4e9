/**
 * @file Integrated Gradients (Sundararajan et al. 2017, arXiv 1703.01365): a pixel's share in the difference of the
 * score between the image and a baseline, its gradient averaged along the straight way from one to the other.
 *
 * Shares may be negative; a map shows where the channels' shares together are positive.
 */
import { GraphBuilder } from "../nn/builder.ts";
import { differentiate, gradientName } from "../nn/differentiate.ts";
import { Session } from "../nn/session.ts";
import { floats } from "../nn/tensor.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import { oneByOne } from "./method.ts";
import type { Method, RawMaps } from "./method.ts";

/** Places along the way at which the gradient is taken, in the middle of equal parts. */
const STEPS = 32;
/** Images in one run. */
const BATCH = 8;

/** Images along the way from the baseline, at the fractions given. */
function along(image: FloatTensor, baseline: Float32Array, fractions: readonly number[]): FloatTensor {
  const data = new Float32Array(fractions.length * image.data.length);
  fractions.forEach((fraction, n) => {
    image.data.forEach((value, i) => {
      const from = baseline[i] ?? 0;
      data[n * image.data.length + i] = from + fraction * (value - from);
    });
  });
  return floats([fractions.length, ...image.shape.slice(1)], data);
}

/** The baseline as an image. */
function flat({ shape, data }: FloatTensor, baseline: readonly number[]): Float32Array {
  const plane = (shape[2] ?? 0) * (shape[3] ?? 0);
  return data.map((_, i) => baseline[Math.floor(i / plane)] ?? 0);
}

export const integratedGradients: Method = {
  name: "integrated-gradients",
  usesGradients: true,
  cells: "pixels",
  async prepare(network, { target, baseline }) {
    const { model, input, logits, classes } = network;
    const scored = new GraphBuilder({ ...model, outputs: [] });
    const score = target.add(scored, logits, classes, logits);
    scored.output(logits, "explained/logits");
    scored.output(score, "explained/score");
    const compiled = differentiate(scored.build(), { of: score, withRespectTo: [input] });
    const session = await Session.load(compiled, network.session);
    const run = async (image: FloatTensor) => {
      const results = await session.run({ [input]: image });
      const {
        "explained/logits": found,
        "explained/score": value,
        [gradientName(input)]: gradient,
      } = results;
      if (found?.type !== "float32" || value?.type !== "float32" || gradient?.type !== "float32") {
        throw new TypeError("a network's logits and gradients must be float32 to be explained");
      }
      return { logits: found, score: value.data[0] ?? 0, gradient: gradient.data };
    };
    const one = async (image: FloatTensor): Promise<RawMaps> => {
      const own = await run(image);
      const from = flat(image, baseline);
      const sum = new Float64Array(image.data.length);
      const step = network.single ? 1 : BATCH;
      for (let start = 0; start < STEPS; start += step) {
        const fractions = Array.from({ length: step }, (_, i) => (start + i + 0.5) / STEPS);
        const { gradient } = await run(along(image, from, fractions));
        gradient.forEach((value, i) => (sum[i % sum.length] = (sum[i % sum.length] ?? 0) + value));
      }
      const [, channels = 0, rows = 0, columns = 0] = image.shape;
      const plane = rows * columns;
      const map = Float32Array.from({ length: plane }, (_, i) => {
        let share = 0;
        for (let at = i; at < channels * plane; at += plane)
          share += ((image.data[at] ?? 0) - (from[at] ?? 0)) * ((sum[at] ?? 0) / STEPS);
        return Math.max(0, share);
      });
      return { scores: [own.score], logits: own.logits, rows, columns, maps: [map] };
    };
    return {
      run: (images) => oneByOne(images, one),
      dispose: () => session.dispose(),
    };
  },
};
