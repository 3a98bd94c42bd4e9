/**
 * @file What the CAM methods without gradients have in common: each channel gets a weight by what becomes of the score
 * when images or feature maps are changed. Slow, one forward pass a channel, and needs no gradient rule.
 */
import { GraphBuilder } from "../nn/builder.ts";
import { Session } from "../nn/session.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import { oneByOne } from "./method.ts";
import type { Method, RawMaps } from "./method.ts";
import type { Network, Scorer } from "./network.ts";
import { principalComponent } from "./principal-component.ts";

/** One image, what the layer makes of it, and how its changed forms are scored. */
export interface Seen {
  /** `[1, channels, rows, columns]`. */
  readonly image: FloatTensor;
  /** `[1, channels, rows, columns]` of the layer. */
  readonly maps: FloatTensor;
  /** The target's value for the image as it is. */
  readonly score: number;
  /** The target's value for each of a batch of changed images or feature maps: whichever the method asked for. */
  readonly scores: (values: FloatTensor) => Promise<number[]>;
}

interface ChannelWeights {
  /** What is changed and scored: images, or the layer's feature maps. */
  readonly changes: "image" | "maps";
  /** One weight a channel. */
  readonly weights: (seen: Seen) => Promise<ArrayLike<number>>;
}

/** The weighted channels, `[channels, cells]`. */
function weigh({ data }: FloatTensor, weights: ArrayLike<number>, cells: number): Float32Array {
  return data.map((value, i) => value * (weights[Math.floor(i / cells)] ?? 0));
}

/** The sum over the channels without its negative part. */
function positiveSum(weighted: Float32Array, channels: number, cells: number): Float32Array {
  return Float32Array.from({ length: cells }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += weighted[c * cells + i] ?? 0;
    return Math.max(0, sum);
  });
}

async function loadLayer(network: Network, layer: string): Promise<Session> {
  const graph = new GraphBuilder({ ...network.model, outputs: [] });
  graph.output(network.logits, "explained/logits");
  graph.output(layer, "explained/maps");
  return Session.load(graph.build(), network.session);
}

/** A method by the weights it gives to channels. */
export function channelMethod(name: string, { changes, weights }: ChannelWeights): Method {
  return {
    name,
    usesGradients: false,
    cells: "layer",
    async prepare(network, { target, layer, principal }) {
      const session = await loadLayer(network, layer);
      const scorer: Scorer = await network.scorer(target, changes === "image" ? network.input : layer);
      const one = async (image: FloatTensor): Promise<RawMaps> => {
        const results = await session.run({ [network.input]: image });
        const { "explained/maps": maps, "explained/logits": logits } = results;
        if (maps?.type !== "float32" || logits?.type !== "float32") {
          throw new TypeError("a network's logits and feature maps must be float32 to be explained");
        }
        const scores = (values: FloatTensor): Promise<number[]> => scorer.scores(values, logits.data);
        const [score = 0] = await scores(changes === "image" ? image : maps);
        const [, channels = 0, rows = 0, columns = 0] = maps.shape;
        const cells = rows * columns;
        const weighted = weigh(maps, await weights({ image, maps, score, scores }), cells);
        const map = principal
          ? principalComponent(weighted, channels, cells).map((value) => Math.max(0, value))
          : positiveSum(weighted, channels, cells);
        return { scores: [score], logits, rows, columns, maps: [map] };
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
}
