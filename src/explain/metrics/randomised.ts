/**
 * @file Sanity (Adebayo et al. 2018, arXiv 1810.03292): a map that stays the same when the network's weights are shuffled
 * shows the image, not what the network learned.
 */
import { seededRandom, shuffled } from "../../model/train/random.ts";
import type { Model } from "../../nn/model.ts";
import type { Tensor } from "../../nn/tensor.ts";

/** Vectors (biases, statistics) stay: with them shuffled too the network often answers the same to everything. */
const LEAST_RANK = 2;

/** The values of a tensor in random order, whatever their type. */
function inRandomOrder(tensor: Tensor, random: () => number): Tensor {
  const order = shuffled([...tensor.data.keys()], random);
  const data = tensor.data.slice();
  order.forEach((from, to) => (data[to] = tensor.data[from] ?? 0));
  return { ...tensor, data } as Tensor;
}

/** The same network with the values of each weight matrix and kernel in random order, so of the same distribution. */
export function withShuffledWeights(model: Model, seed: number): Model {
  const random = seededRandom(seed);
  const initializers = new Map(
    [...model.initializers].map(([name, tensor]) =>
      tensor.shape.length < LEAST_RANK ? [name, tensor] : [name, inRandomOrder(tensor, random)],
    ),
  );
  return { ...model, initializers };
}
