/**
 * @file FullGrad (Srinivas and Fleuret 2019, arXiv 1905.00780): a score is input times gradient plus all biases times
 * their gradients; a map adds the magnitudes of all of them, each channel stretched to 0…1 and brought to the image's
 * size.
 *
 * Stretched as the method asks, a map says nothing of how much there was: it is scaled so that its peak is the peak of
 * the same sum without the stretching.
 */
import { resize } from "../imaging/resize.ts";
import { GraphBuilder } from "../nn/builder.ts";
import { differentiate, gradientName } from "../nn/differentiate.ts";
import { floatAttribute } from "../nn/model.ts";
import type { Model, Node } from "../nn/model.ts";
import { BATCH_NORM_EPSILON } from "../nn/operators/normalization.ts";
import { Session } from "../nn/session.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import { oneByOne } from "./method.ts";
import type { Method, RawMaps } from "./method.ts";

/** Keeps a channel without contrast finite; as in pytorch-grad-cam. */
const EPSILON = 1e-7;

/** A layer that adds a constant to each channel. */
interface Biased {
  readonly layer: string;
  readonly bias: Float32Array;
}

function floatsOf(model: Model, name: string | undefined): Float32Array | undefined {
  const tensor = model.initializers.get(name ?? "");
  return tensor?.type === "float32" ? tensor.data : undefined;
}

/** What a BatchNormalization adds to a channel: β - γ μ / √(σ² + ε). */
function normalizationBias(model: Model, node: Node): Float32Array | undefined {
  const [gamma, beta, mean, variance] = node.inputs.slice(1, 5).map((name) => floatsOf(model, name));
  const epsilon = floatAttribute(node, "epsilon", BATCH_NORM_EPSILON);
  return beta?.map(
    (b, c) => b - ((gamma?.[c] ?? 1) * (mean?.[c] ?? 0)) / Math.sqrt((variance?.[c] ?? 1) + epsilon),
  );
}

function biasedLayers(model: Model): Biased[] {
  return model.nodes.flatMap((node): Biased[] => {
    const [layer = ""] = node.outputs;
    if (node.operator === "Conv") {
      const bias = floatsOf(model, node.inputs[2]);
      return bias ? [{ layer, bias }] : [];
    }
    if (node.operator !== "BatchNormalization") return [];
    const bias = normalizationBias(model, node);
    return bias ? [{ layer, bias }] : [];
  });
}

/** Adds the magnitudes of `values` `[1, channels, rows, columns]`, as they are and stretched, to the sums. */
class Sums {
  readonly plain: Float64Array;
  readonly stretched: Float64Array;
  readonly rows: number;
  readonly columns: number;

  constructor(rows: number, columns: number) {
    this.rows = rows;
    this.columns = columns;
    this.plain = new Float64Array(rows * columns);
    this.stretched = new Float64Array(rows * columns);
  }

  add({ shape }: FloatTensor, valueAt: (channel: number, index: number) => number): void {
    const [, channels = 0, rows = 0, columns = 0] = shape;
    for (let c = 0; c < channels; c++) {
      const values = Float32Array.from({ length: rows * columns }, (_, i) =>
        Math.abs(valueAt(c, c * rows * columns + i)),
      );
      const least = values.reduce((a, b) => Math.min(a, b), Infinity);
      const range = values.reduce((a, b) => Math.max(a, b), 0) - least + EPSILON;
      resize({ rows, columns, values }, this.rows, this.columns).values.forEach((value, i) => {
        this.plain[i] = (this.plain[i] ?? 0) + value;
        this.stretched[i] = (this.stretched[i] ?? 0) + (value - least) / range;
      });
    }
  }

  map(): Float32Array {
    const peak = this.plain.reduce((a, b) => Math.max(a, b), 0);
    const least = this.stretched.reduce((a, b) => Math.min(a, b), Infinity);
    const range = this.stretched.reduce((a, b) => Math.max(a, b), 0) - least;
    return Float32Array.from(this.stretched, (value) => (range > 0 ? ((value - least) / range) * peak : 0));
  }
}

export const fullGrad: Method = {
  name: "full-grad",
  usesGradients: true,
  cells: "pixels",
  async prepare(network, { target }) {
    const { model, input, logits, classes } = network;
    const layers = biasedLayers(model);
    const scored = new GraphBuilder({ ...model, outputs: [] });
    const score = target.add(scored, logits, classes, logits);
    scored.output(logits, "explained/logits");
    scored.output(score, "explained/score");
    const withRespectTo = [input, ...layers.map(({ layer }) => layer)];
    const compiled = differentiate(scored.build(), { of: score, withRespectTo });
    const session = await Session.load(compiled, network.session);
    const one = async (image: FloatTensor): Promise<RawMaps> => {
      const results = await session.run({ [input]: image });
      const values = (name: string): FloatTensor => {
        const tensor = results[name];
        if (tensor?.type === "float32") return tensor;
        throw new TypeError("a network's logits and gradients must be float32 to be explained");
      };
      const [, , rows = 0, columns = 0] = image.shape;
      const sums = new Sums(rows, columns);
      const atInput = values(gradientName(input));
      sums.add(atInput, (_, i) => (image.data[i] ?? 0) * (atInput.data[i] ?? 0));
      for (const { layer, bias } of layers) {
        const gradient = values(gradientName(layer));
        sums.add(gradient, (c, i) => (bias[c] ?? 0) * (gradient.data[i] ?? 0));
      }
      const scores = [values("explained/score").data[0] ?? 0];
      return { scores, logits: values("explained/logits"), rows, columns, maps: [sums.map()] };
    };
    return {
      run: (images) => oneByOne(images, one),
      dispose: () => session.dispose(),
    };
  },
};
