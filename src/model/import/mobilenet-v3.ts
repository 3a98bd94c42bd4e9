/**
 * @file MobileNetV3-Small (Howard et al. 2019, arXiv 1905.02244) in torchvision's layout, from named weights.
 *
 * Layers are named as torchvision names them: `features.8` is the output of the eighth block, `features` the last
 * feature maps; `features.9.expanded` is the ninth block's widest part (288 channels, still at stride 16).
 */
import { GraphBuilder, float } from "../../nn/builder.ts";
import { addHalf } from "../../nn/compact-constant.ts";
import type { Model } from "../../nn/model.ts";
import type { Tensor } from "../../nn/tensor.ts";
import { UnreadableWeights } from "./gguf.ts";

type Activation = "HardSwish" | "Relu";

/** A block: channels in, within and out; squeeze-and-excitation; activation; stride (table 2 of the paper). */
type Block = readonly [input: number, expanded: number, output: number, squeeze: boolean, Activation, number];

const BLOCKS: readonly Block[] = [
  [16, 16, 16, true, "Relu", 2],
  [16, 72, 24, false, "Relu", 2],
  [24, 88, 24, false, "Relu", 1],
  [24, 96, 40, true, "HardSwish", 2],
  [40, 240, 40, true, "HardSwish", 1],
  [40, 240, 40, true, "HardSwish", 1],
  [40, 120, 48, true, "HardSwish", 1],
  [48, 144, 48, true, "HardSwish", 1],
  [48, 288, 96, true, "HardSwish", 2],
  [96, 576, 96, true, "HardSwish", 1],
  [96, 576, 96, true, "HardSwish", 1],
];

/** torchvision's BatchNorm epsilon for this family. */
const EPSILON = 0.001;

class MobileNetBuilder {
  readonly graph = new GraphBuilder();
  readonly #weights: ReadonlyMap<string, Tensor>;

  constructor(weights: ReadonlyMap<string, Tensor>) {
    this.#weights = weights;
  }

  #tensor(name: string): Tensor {
    const tensor = this.#weights.get(name);
    if (!tensor) throw new UnreadableWeights(`MobileNetV3-Small: there is no tensor "${name}"`);
    return tensor;
  }

  #constant(name: string): string {
    const tensor = this.#tensor(name);
    return tensor.type === "float16"
      ? addHalf(this.graph, name, tensor.shape, tensor.data)
      : this.graph.constant(tensor, name);
  }

  /** A convolution that keeps the size (for stride 1); depthwise where the weights are. */
  conv(x: string, name: string, stride = 1): string {
    const [outputs = 1, inputs = 1, side = 1] = this.#tensor(`${name}.weight`).shape;
    const bias = this.#weights.has(`${name}.bias`) ? [this.#constant(`${name}.bias`)] : [];
    const margin = (side - 1) / 2;
    return this.graph.add("Conv", [x, this.#constant(`${name}.weight`), ...bias], {
      kernel_shape: [side, side],
      strides: [stride, stride],
      pads: [margin, margin, margin, margin],
      group: inputs === 1 && side > 1 ? outputs : 1,
    });
  }

  norm(x: string, name: string): string {
    const parts = ["weight", "bias", "running_mean", "running_var"].map((part) =>
      this.#constant(`${name}.${part}`),
    );
    return this.graph.add("BatchNormalization", [x, ...parts], { epsilon: float(EPSILON) });
  }

  /** Convolution, normalisation and, where given, activation: torchvision's `Conv2dNormActivation`. */
  convNorm(x: string, name: string, stride = 1, activation?: Activation, output?: string): string {
    const normalised = this.norm(this.conv(x, `${name}.0`, stride), `${name}.1`);
    return activation ? this.graph.add(activation, [normalised], {}, output) : normalised;
  }

  /** Squeeze and excitation: each channel scaled by what all of them say together. */
  squeeze(x: string, name: string): string {
    const inner = this.graph.add("Relu", [
      this.conv(this.graph.add("GlobalAveragePool", [x]), `${name}.fc1`),
    ]);
    const gate = this.graph.add("HardSigmoid", [this.conv(inner, `${name}.fc2`)], {
      alpha: float(1 / 6),
      beta: float(0.5),
    });
    return this.graph.add("Mul", [x, gate]);
  }

  block(x: string, index: number, [input, expanded, output, squeezes, activation, stride]: Block): string {
    let part = 0;
    const next = (): string => `features.${index}.block.${part++}`;
    let y = expanded === input ? x : this.convNorm(x, next(), 1, activation, `features.${index}.expanded`);
    y = this.convNorm(y, next(), stride, activation);
    if (squeezes) y = this.squeeze(y, next());
    y = this.convNorm(y, next());
    const name = `features.${index}`;
    return stride === 1 && input === output
      ? this.graph.add("Add", [x, y], {}, name)
      : this.graph.add("Identity", [y], {}, name);
  }
}

/** The extractor: input `input` `[N, 3, H, W]`, outputs `features.8` (stride 16) and `features` (stride 32). */
export function mobileNetV3Small(weights: ReadonlyMap<string, Tensor>): Model {
  const net = new MobileNetBuilder(weights);
  let x = net.graph.input("input", ["N", 3, "H", "W"]);
  x = net.convNorm(x, "features.0", 2, "HardSwish", "features.0");
  BLOCKS.forEach((block, i) => {
    x = net.block(x, i + 1, block);
  });
  net.convNorm(x, "features.12", 1, "HardSwish", "features");
  net.graph.output("features.8");
  net.graph.output("features");
  return net.graph.build();
}
