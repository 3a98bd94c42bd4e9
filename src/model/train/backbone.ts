/**
 * @file Any ONNX image network as a backbone: its input brought to a size, its weights made plain constants, and the
 * layer before its classifier found.
 */
import { computeConstants } from "../../nn/computed-constants.ts";
import { GraphError } from "../../nn/model.ts";
import type { Model } from "../../nn/model.ts";
import { Session } from "../../nn/session.ts";
import { extract } from "../../nn/subgraph.ts";
import { floats } from "../../nn/tensor.ts";

/** Results of these are no feature maps, though they come from the image. */
const NOT_FEATURES = new Set(["Shape", "Size", "Cast", "ArgMax", "Greater", "Less", "Equal", "Not"]);

/** ImageNet's classes, without and with a background class: a last convolution with as many channels classifies. */
const IMAGENET_CLASSES = [1000, 1001];

/** The backbone for square images of `size`. */
export function withSize(model: Model, size: number): Model {
  return { ...model, inputs: model.inputs.map((input) => ({ ...input, shape: ["N", 3, size, size] })) };
}

/** The backbone for square images of `size`, weights that are stored compactly unpacked. */
export async function sizedBackbone(model: Model, size: number): Promise<Model> {
  return withSize(await computeConstants(model), size);
}

/** Names of the values that are computed from the image, in the order they are computed. */
function imageValues({ inputs, nodes }: Model): string[] {
  const known = new Set(inputs.map(({ name }) => name));
  const found: string[] = [];
  for (const { operator, inputs: from, outputs } of nodes) {
    if (NOT_FEATURES.has(operator) || !from.some((name) => known.has(name))) continue;
    const [first] = outputs;
    if (first === undefined) continue;
    known.add(first);
    found.push(first);
  }
  return found;
}

async function shapesOf(
  model: Model,
  size: number,
  names: readonly string[],
): Promise<Map<string, readonly number[]>> {
  const session = await Session.load(extract(model, names));
  try {
    const image = floats([1, 3, size, size], new Float32Array(3 * size * size));
    const values = await session.run({ [session.inputNames[0] ?? ""]: image });
    return new Map(Object.entries(values).map(([name, { shape }]) => [name, shape]));
  } finally {
    await session.dispose();
  }
}

/**
 * The layer before the classifier: the last feature maps `[N, C, rows, columns]` on the way to the network's scores,
 * before they are pooled or flattened. Of a network whose last convolution classifies, the maps it reads.
 * @throws GraphError when the network has no feature maps
 */
export async function findLayer(model: Model, size: number): Promise<string> {
  const declared = model.outputs.map(({ name }) => name);
  const outputShapes = await shapesOf(model, size, declared);
  const scores = declared.findLast((name) => outputShapes.get(name)?.length === 2) ?? declared.at(-1) ?? "";
  const network = extract(model, [scores]);
  const names = imageValues(network);
  const shapes = await shapesOf(network, size, names);
  const isMaps = (name: string): boolean => {
    const [, , rows = 1, columns = 1, ...more] = shapes.get(name) ?? [];
    return rows > 1 && columns > 1 && more.length === 0;
  };
  const last = network.nodes.findLast(({ operator }) => ["Conv", "Gemm", "MatMul"].includes(operator));
  const channels = shapes.get(last?.outputs[0] ?? "")?.[1] ?? 0;
  if (last?.operator === "Conv" && IMAGENET_CLASSES.includes(channels) && isMaps(last.outputs[0] ?? "")) {
    return last.inputs[0] ?? "";
  }
  const layer = names.findLast(isMaps);
  if (layer === undefined) throw new GraphError(`no layer on the way to "${scores}" has feature maps`);
  return layer;
}
