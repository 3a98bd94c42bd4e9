/**
 * @file What every method of explanation is: from a network and images to raw maps.
 */
import type { FloatTensor } from "../nn/tensor.ts";
import type { Network } from "./network.ts";
import type { Target } from "./target.ts";

/** Maps of a batch: not negative, not normalised. */
export interface RawMaps {
  /** The target's value, one an image. */
  readonly scores: readonly number[];
  /** `[N, classes]`. */
  readonly logits: FloatTensor;
  readonly rows: number;
  readonly columns: number;
  /** One an image, `[rows, columns]`. */
  readonly maps: readonly Float32Array[];
}

/** A method ready to run on a network, a target and a layer. */
export interface Mapper {
  /** @param images `[N, channels, rows, columns]`, normalised as the network wants them */
  run(images: FloatTensor): Promise<RawMaps>;
  /** Free its memory. */
  dispose(): Promise<void>;
}

export interface MapperOptions {
  readonly target: Target;
  /** The layer whose feature maps are looked at; of no meaning to a method that looks at pixels. */
  readonly layer: string;
  /** Take the first principal component of the weighted feature maps in place of their sum. */
  readonly principal: boolean;
  /** What stands for "nothing seen", one value a channel: where integration starts, what an occlusion shows. */
  readonly baseline: readonly number[];
}

export interface Method {
  readonly name: string;
  /** Whether the network's operators need gradient rules. */
  readonly usesGradients: boolean;
  /** "layer": the map has the cells of the layer; "pixels": of the input itself; "windows": an even grid over it. */
  readonly cells: "layer" | "pixels" | "windows";
  /** @throws GraphError when an operator has no gradient rule */
  prepare(network: Network, options: MapperOptions): Promise<Mapper>;
}

/** The images of a batch one by one, `[1, channels, rows, columns]` each. */
export function singles({ shape, data }: FloatTensor): FloatTensor[] {
  const [count = 0, ...rest] = shape;
  const length = data.length / Math.max(1, count);
  return Array.from({ length: count }, (_, n) => ({
    type: "float32",
    shape: [1, ...rest],
    data: data.subarray(n * length, (n + 1) * length),
  }));
}

/** Tensors joined along the first axis; all others must agree. */
export function joined(tensors: readonly FloatTensor[]): FloatTensor {
  const [, ...rest] = tensors[0]?.shape ?? [];
  const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
  let [at, count] = [0, 0];
  for (const tensor of tensors) {
    data.set(tensor.data, at);
    at += tensor.data.length;
    count += tensor.shape[0] ?? 0;
  }
  return { type: "float32", shape: [count, ...rest], data };
}

/** The results of single images as a batch's. */
function together(each: readonly RawMaps[]): Pick<RawMaps, "scores" | "logits" | "maps"> {
  return {
    scores: each.flatMap(({ scores }) => scores),
    logits: joined(each.map(({ logits }) => logits)),
    maps: each.flatMap(({ maps }) => maps),
  };
}

/** Maps of a batch, for methods that look at one image at a time: all maps have the size of the first. */
export async function oneByOne(
  images: FloatTensor,
  one: (image: FloatTensor) => Promise<RawMaps>,
): Promise<RawMaps> {
  const each: RawMaps[] = [];
  for (const image of singles(images)) each.push(await one(image));
  return { rows: each[0]?.rows ?? 0, columns: each[0]?.columns ?? 0, ...together(each) };
}
