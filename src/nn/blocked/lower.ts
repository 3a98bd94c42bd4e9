/**
 * @file A model's convolutions, and what stands between them, in the blocked layout: as ONNX Runtime does it by itself
 * for constant weights, but with the weights' reordering in the graph, so that they can be trained.
 */
import { GraphBuilder } from "../builder.ts";
import { infer } from "../infer-shapes.ts";
import { intAttribute, valueNames } from "../model.ts";
import type { Model, Node } from "../model.ts";
import { windowAxes } from "../operators/geometry.ts";
import type { WindowAxis } from "../operators/geometry.ts";
import { sizeOf } from "../tensor.ts";
import { blockedAveragePool } from "./average-pool.ts";
import { blockedOperator, wholeBlocks, windowAttributes } from "./layout.ts";
import { phasesOf } from "./phases.ts";

/** Operators of one image and scalars, that give finite values for the zeros of added channels. */
const UNARY = new Set([
  "Relu",
  "LeakyRelu",
  "Clip",
  "Sigmoid",
  "HardSigmoid",
  "HardSwish",
  "Tanh",
  "Identity",
  "Neg",
]);
const BINARY = new Set(["Add", "Sub", "Mul"]);

/** ONNX Runtime reorders channels four at a time. */
const REORDERED_TOGETHER = 4;

interface ConvolutionPlan {
  readonly depthwise: boolean;
  readonly axes: readonly WindowAxis[];
  /** `[M, C / group, …kernel]` */
  readonly weights: readonly number[];
  /** Whether the image is read plain. */
  readonly plain: boolean;
}

/** Writes a model's nodes again, on blocked values where that is possible. Every length is fixed. */
class Lowering {
  readonly #graph: GraphBuilder;
  readonly #block: number;
  readonly #shapeOf: (name: string) => readonly number[];
  /** Values that change with a trained parameter. */
  readonly #trained: Set<string>;
  /** Blocked forms, by the value's name. */
  readonly #blocked = new Map<string, string>();
  readonly #plain: Set<string>;

  constructor(model: Model, block: number, trained: readonly string[]) {
    const { shapeOf } = infer(model);
    this.#graph = new GraphBuilder({ ...model, nodes: [] }, valueNames(model));
    this.#block = block;
    this.#shapeOf = (name) => shapeOf(name).map(Number);
    this.#trained = new Set(trained);
    this.#plain = new Set([...model.inputs.map(({ name }) => name), ...model.initializers.keys(), ""]);
    for (const node of model.nodes) this.#lower(node);
    for (const { name } of model.outputs) this.#plainOf(name);
  }

  build(): Model {
    return this.#graph.build();
  }

  #lower(node: Node): void {
    if (node.inputs.some((name) => this.#trained.has(name))) {
      for (const output of node.outputs) this.#trained.add(output);
    }
    const blocked = this.#lowered(node);
    const [output = ""] = node.outputs;
    if (blocked !== undefined) {
      this.#blocked.set(output, blocked);
      return;
    }
    for (const name of node.inputs) this.#plainOf(name);
    this.#graph.copy(node);
    for (const name of node.outputs) this.#plain.add(name);
  }

  /** The blocked form of a node's output, or undefined where the node stays as it is. */
  #lowered(node: Node): string | undefined {
    const { operator, inputs } = node;
    if (operator === "Conv") return this.#convolution(node);
    if (!inputs.some((name) => this.#blocked.has(name))) return undefined;
    if (UNARY.has(operator)) return this.#unary(node);
    if (BINARY.has(operator)) return this.#binary(node);
    if (operator === "Concat") return this.#concat(node);
    if (operator === "AveragePool") {
      const source = this.#blockedOf(inputs[0] ?? "");
      const shape = this.#shapeOf(inputs[0] ?? "");
      return source && blockedAveragePool(this.#graph, node, source, shape, this.#block);
    }
    if (operator !== "GlobalAveragePool") return undefined;
    return this.#graph.add(blockedOperator(operator), [this.#blockedOf(inputs[0] ?? "") ?? ""]);
  }

  /** The value in the plain layout. */
  #plainOf(name: string): string {
    const blocked = this.#blocked.get(name);
    if (blocked === undefined || this.#plain.has(name)) return name;
    this.#plain.add(name);
    const [, channels = 1] = this.#shapeOf(name);
    return this.#graph.add(blockedOperator("ReorderOutput"), [blocked], { channels }, name);
  }

  /** The value in the blocked layout, or undefined where it cannot be had. */
  #blockedOf(name: string): string | undefined {
    const found = this.#blocked.get(name);
    if (found !== undefined) return found;
    const shape = this.#shapeOf(name);
    if (shape.length !== 4 || (shape[1] ?? 1) % REORDERED_TOGETHER !== 0) return undefined;
    const blocked = this.#graph.add(blockedOperator("ReorderInput"), [name]);
    this.#blocked.set(name, blocked);
    return blocked;
  }

  #plan(node: Node): ConvolutionPlan | undefined {
    const [image = "", filter = ""] = node.inputs;
    const [shape, weights] = [this.#shapeOf(image), this.#shapeOf(filter)];
    if (shape.length !== 4) return undefined;
    const [channels = 1, filters = 1] = [shape[1], weights[0]];
    const group = intAttribute(node, "group", 1);
    const depthwise = group > 1;
    if (depthwise && (group !== channels || group !== filters)) return undefined;
    const plain = !depthwise && channels < this.#block && !this.#trained.has(image);
    if (filters % REORDERED_TOGETHER !== 0 || (!plain && channels % REORDERED_TOGETHER !== 0))
      return undefined;
    const axes = windowAxes(node, shape.slice(2), weights.slice(2));
    return axes.every((axis) => phasesOf(axis)) ? { depthwise, axes, weights, plain } : undefined;
  }

  #convolution(node: Node): string | undefined {
    const plan = this.#plan(node);
    if (!plan) return undefined;
    const [image = "", filter = "", bias] = node.inputs;
    const source = plan.plain ? this.#plainOf(image) : this.#blockedOf(image);
    if (source === undefined) return undefined;
    const inputs = [source, this.#filter(filter, plan), ...(bias ? [this.#bias(bias)] : [])];
    const group = plan.depthwise ? wholeBlocks(plan.weights[0] ?? 1, this.#block) : 1;
    return this.#graph.add(blockedOperator("Conv"), inputs, windowAttributes(plan.axes, group));
  }

  /** The value with zeros at the end of its axes, up to the lengths. */
  #padded(name: string, lengths: readonly number[]): string {
    const after = this.#shapeOf(name).map((length, axis) => (lengths[axis] ?? length) - length);
    if (after.every((n) => n === 0)) return name;
    return this.#graph.add("Pad", [name, this.#graph.ints([...after.map(() => 0), ...after])]);
  }

  /** The weights as blocked Conv takes them: [M / block, C / block, …kernel, block of C, block of M]. */
  #filter(name: string, { depthwise, weights, plain }: ConvolutionPlan): string {
    const [graph, block] = [this.#graph, this.#block];
    const [m = 1, c = 1, rows = 1, columns = 1] = weights;
    const filters = wholeBlocks(m, block);
    const channels = depthwise || plain ? c : wholeBlocks(c, block);
    const padded = this.#padded(this.#plainOf(name), [filters, channels]);
    const taps = rows * columns;
    // Filters as the channels of an image bring them into blocks.
    const image = graph.add("Reshape", [padded, graph.ints([filters / block, block, channels * taps, 1])]);
    const blocks = graph.add(blockedOperator("ReorderInput"), [image]);
    const shape = graph.ints([filters, channels, rows, columns]);
    if (depthwise || plain || taps === 1) return graph.add("Reshape", [blocks, shape]);
    const split = graph.ints([filters / block, channels / block, block, taps, block]);
    const ordered = graph.add("Transpose", [graph.add("Reshape", [blocks, split])], {
      perm: [0, 1, 3, 2, 4],
    });
    return graph.add("Reshape", [ordered, shape]);
  }

  #bias(name: string): string {
    return this.#padded(this.#plainOf(name), [wholeBlocks(this.#shapeOf(name)[0] ?? 1, this.#block)]);
  }

  #unary({ operator, inputs, attributes }: Node): string | undefined {
    const [image = "", ...scalars] = inputs;
    const source = this.#blocked.get(image);
    if (source === undefined) return undefined;
    const others = scalars.map((name) => this.#plainOf(name));
    return this.#graph.add(operator, [source, ...others], attributes);
  }

  #binary({ operator, inputs: [a = "", b = ""] }: Node): string | undefined {
    const [first, second] = [this.#shapeOf(a), this.#shapeOf(b)];
    if (JSON.stringify(first) === JSON.stringify(second)) return this.#blockwise(operator, a, b);
    if (sizeOf(second) === 1 && this.#blocked.has(a)) {
      return this.#graph.add(operator, [this.#blocked.get(a) ?? "", this.#plainOf(b)]);
    }
    if (sizeOf(first) === 1 && this.#blocked.has(b)) {
      return this.#graph.add(operator, [this.#plainOf(a), this.#blocked.get(b) ?? ""]);
    }
    return this.#perChannel(operator, a, b);
  }

  #blockwise(operator: string, a: string, b: string): string | undefined {
    const operands = [this.#blockedOf(a), this.#blockedOf(b)];
    const [first, second] = operands;
    return first !== undefined && second !== undefined
      ? this.#graph.add(operator, [first, second])
      : undefined;
  }

  /** An image with a factor or an offset for each of its channels, in either order. */
  #perChannel(operator: string, a: string, b: string): string | undefined {
    const [first, second] = [this.#shapeOf(a), this.#shapeOf(b)];
    const perChannel = [first, second].some((s) => s.length === 4 && s[2] === 1 && s[3] === 1);
    const sameChannels = first.length === second.length && first[0] === second[0] && first[1] === second[1];
    const operands = [this.#blockedOf(a), this.#blockedOf(b)];
    if (!perChannel || !sameChannels || operands.includes(undefined)) return undefined;
    const [graph, block] = [this.#graph, this.#block];
    const [batch = 1, channels = 1, rows = 1, columns = 1] = first.map((n, i) => Math.max(n, second[i] ?? 1));
    const whole = wholeBlocks(channels, block);
    const planes = operands.map((name, i) => {
      const pixels = sizeOf((i === 0 ? first : second).slice(2));
      return graph.add("Reshape", [name ?? "", graph.ints([batch, whole / block, pixels, block])]);
    });
    return graph.add("Reshape", [graph.add(operator, planes), graph.ints([batch, whole, rows, columns])]);
  }

  #concat({ inputs, attributes }: Node): string | undefined {
    const axis = attributes["axis"];
    const wholeChannels = inputs.every((name) => (this.#shapeOf(name)[1] ?? 1) % this.#block === 0);
    if (axis?.kind !== "int" || axis.value !== 1 || !wholeChannels) return undefined;
    const parts = inputs.map((name) => this.#blockedOf(name));
    if (parts.includes(undefined)) return undefined;
    return this.#graph.add(
      "Concat",
      parts.map((name) => name ?? ""),
      { axis: 1 },
    );
  }
}

/**
 * The same model with its convolutions blocked.
 * @param model its inputs' shapes are fixed
 * @param trained names of the inputs that gradients will be asked for
 */
export function lowerToBlocks(model: Model, block: number, trained: readonly string[]): Model {
  return new Lowering(model, block, trained).build();
}

/** The same model without values that are reordered and at once reordered back. */
export function withoutRoundTrips(model: Model): Model {
  const [there, back] = [blockedOperator("ReorderInput"), blockedOperator("ReorderOutput")];
  const producers = new Map(model.nodes.map((node) => [node.outputs[0] ?? "", node]));
  const renamed = new Map<string, string>();
  const nodes = model.nodes.map((node) => {
    const inputs = node.inputs.map((name) => renamed.get(name) ?? name);
    const before = producers.get(inputs[0] ?? "");
    const trip = node.operator === there ? back : node.operator === back ? there : undefined;
    if (trip !== undefined && before?.operator === trip) {
      renamed.set(node.outputs[0] ?? "", renamed.get(before.inputs[0] ?? "") ?? before.inputs[0] ?? "");
    }
    return { ...node, inputs };
  });
  return { ...model, nodes };
}
