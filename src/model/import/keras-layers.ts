/**
 * @file Keras layers → ONNX, channels first: what the usual image networks are made of.
 */
import { GraphBuilder, float } from "../../nn/builder.ts";
import type { PlainAttributes } from "../../nn/builder.ts";
import { addQuantised } from "../../nn/compact-constant.ts";
import type { Model } from "../../nn/model.ts";
import { extract } from "../../nn/subgraph.ts";
import { floats } from "../../nn/tensor.ts";
import { UnreadableWeights } from "./gguf.ts";
import type { KerasLayer, TfjsModel, TfjsWeight } from "./tfjs-weights.ts";

/** Everything a layer needs to become nodes. */
interface LayerContext {
  readonly graph: GraphBuilder;
  readonly layer: KerasLayer;
  readonly inputs: readonly string[];
  /** The layer's weight, or undefined when it has none of that name. */
  readonly weight: (name: string) => TfjsWeight | undefined;
}

function addWeight(graph: GraphBuilder, name: string, weight: TfjsWeight): string {
  if (weight.kind === "quantised") return addQuantised(graph, name, weight);
  return graph.constant(floats(weight.shape, weight.data), name);
}

/** A weight with its axes exchanged: axis i of the result is axis `order[i]` of the weight. */
export function permuted(weight: TfjsWeight, order: readonly number[]): TfjsWeight {
  const shape = order.map((axis) => weight.shape[axis] ?? 1);
  const strides = weight.shape.map((_, axis) => weight.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const data = weight.data.slice();
  for (let i = 0; i < data.length; i++) {
    let [rest, from] = [i, 0];
    for (let axis = order.length - 1; axis >= 0; axis--) {
      const length = shape[axis] ?? 1;
      from += (rest % length) * (strides[order[axis] ?? 0] ?? 1);
      rest = Math.floor(rest / length);
    }
    data[i] = weight.data[from] ?? 0;
  }
  return weight.kind === "float"
    ? { ...weight, shape, data: data as Float32Array }
    : { ...weight, shape, data: data as Uint8Array };
}

function needed({ layer, weight }: LayerContext, name: string): TfjsWeight {
  const found = weight(name);
  if (!found) throw new UnreadableWeights(`layer "${layer.name}" has no weight "${name}"`);
  return found;
}

const padding = ({ layer }: LayerContext): string =>
  layer.config["padding"] === "same" ? "SAME_UPPER" : "VALID";

const pair = ({ layer }: LayerContext, name: string): readonly number[] =>
  layer.config[name] as readonly number[];

/** The layer's activation, as a node after `value`. */
function activated({ graph, layer }: LayerContext, value: string): string {
  const activation = layer.config["activation"] ?? "linear";
  if (activation === "linear") return value;
  if (activation === "relu") return graph.add("Relu", [value]);
  throw new UnreadableWeights(
    `layer "${layer.name}": activation "${JSON.stringify(activation)}" is not supported`,
  );
}

function convolution(context: LayerContext): string {
  const { graph, layer, inputs, weight } = context;
  const kernel = permuted(needed(context, "kernel"), [3, 2, 0, 1]);
  const bias = weight("bias");
  const operands = [...inputs, addWeight(graph, `${layer.name}/kernel`, kernel)];
  if (bias) operands.push(addWeight(graph, `${layer.name}/bias`, bias));
  const convolved = graph.add("Conv", operands, {
    kernel_shape: kernel.shape.slice(2),
    strides: pair(context, "strides"),
    dilations: pair(context, "dilation_rate"),
    auto_pad: padding(context),
  });
  return activated(context, convolved);
}

function depthwise(context: LayerContext): string {
  const { graph, layer, inputs, weight } = context;
  const stored = needed(context, "depthwise_kernel");
  if (stored.shape[3] !== 1) {
    throw new UnreadableWeights(`layer "${layer.name}": a depth multiplier is not supported`);
  }
  const kernel = permuted(stored, [2, 3, 0, 1]);
  const bias = weight("bias");
  const operands = [...inputs, addWeight(graph, `${layer.name}/depthwise_kernel`, kernel)];
  if (bias) operands.push(addWeight(graph, `${layer.name}/bias`, bias));
  const convolved = graph.add("Conv", operands, {
    kernel_shape: kernel.shape.slice(2),
    strides: pair(context, "strides"),
    group: kernel.shape[0] ?? 1,
    auto_pad: padding(context),
  });
  return activated(context, convolved);
}

function batchNorm(context: LayerContext): string {
  const { graph, layer, inputs, weight } = context;
  const beta = needed(context, "beta");
  const ones = floats(beta.shape, new Float32Array(beta.data.length).fill(1));
  const gamma = weight("gamma");
  const parts = [
    gamma ? addWeight(graph, `${layer.name}/gamma`, gamma) : graph.constant(ones),
    ...["beta", "moving_mean", "moving_variance"].map((name) =>
      addWeight(graph, `${layer.name}/${name}`, needed(context, name)),
    ),
  ];
  const epsilon = float(Number(layer.config["epsilon"]));
  return graph.add("BatchNormalization", [...inputs, ...parts], { epsilon });
}

function pooling(operator: string, extra: PlainAttributes): (context: LayerContext) => string {
  return (context) =>
    context.graph.add(operator, context.inputs, {
      kernel_shape: pair(context, "pool_size"),
      strides: pair(context, "strides"),
      auto_pad: padding(context),
      ...extra,
    });
}

function zeroPadding({ graph, layer, inputs }: LayerContext): string {
  const [[top = 0, bottom = 0] = [], [left = 0, right = 0] = []] = layer.config["padding"] as number[][];
  return graph.add("Pad", [...inputs, graph.ints([0, 0, top, left, 0, 0, bottom, right])]);
}

function relu({ graph, layer, inputs }: LayerContext): string {
  const largest = layer.config["max_value"];
  if (typeof largest !== "number") return graph.add("Relu", inputs);
  return graph.add("Clip", [...inputs, graph.scalar(0), graph.scalar(largest)]);
}

/** Keras class → nodes. */
const LAYERS: Readonly<Record<string, (context: LayerContext) => string>> = {
  Activation: (context) => activated(context, context.inputs[0] ?? ""),
  Add: ({ graph, inputs }) => inputs.reduce((a, b) => graph.add("Add", [a, b])),
  AveragePooling2D: pooling("AveragePool", { count_include_pad: 0 }),
  BatchNormalization: batchNorm,
  Concatenate: ({ graph, inputs }) => graph.add("Concat", inputs, { axis: 1 }),
  Conv2D: convolution,
  DepthwiseConv2D: depthwise,
  Dropout: ({ inputs }) => inputs[0] ?? "",
  InputLayer: ({ graph, layer }) => {
    const [, rows = 0, columns = 0, channels = 0] = layer.config["batch_input_shape"] as number[];
    return graph.input("input", ["N", channels, rows, columns]);
  },
  MaxPooling2D: pooling("MaxPool", {}),
  ReLU: relu,
  ZeroPadding2D: zeroPadding,
};

/**
 * The network up to a layer, whose feature maps are the output of that name.
 * @throws UnreadableWeights for an unknown layer, or one of a kind that is not supported
 */
export function kerasModel({ layers, weights }: TfjsModel, upTo: string): Model {
  const end = layers.findIndex(({ name }) => name === upTo);
  if (end < 0) {
    const names = layers.map(({ name }) => name).filter((name) => !/^(conv|batch|activ)/.test(name));
    throw new UnreadableWeights(`there is no layer "${upTo}"; there are ${names.join(", ")}`);
  }
  const graph = new GraphBuilder();
  const results = new Map<string, string>();
  for (const layer of layers.slice(0, end + 1)) {
    const build = LAYERS[layer.class_name];
    if (!build) {
      throw new UnreadableWeights(`layer "${layer.name}" is a ${layer.class_name}, which is not supported`);
    }
    const inputs = (layer.inbound_nodes[0] ?? []).map(([name]) => results.get(name) ?? "");
    const weight = (name: string): TfjsWeight | undefined => weights.get(`${layer.name}/${name}`);
    results.set(layer.name, build({ graph, layer, inputs, weight }));
  }
  graph.output(results.get(upTo) ?? "", upTo);
  return extract(graph.build(), [upTo]);
}
