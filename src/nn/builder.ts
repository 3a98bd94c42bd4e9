/**
 * @file Building ONNX graphs: one method call adds one node and gives the name of its result.
 */
import type { Attribute, Attributes, Model, Node, Shape, ValueInfo } from "./model.ts";
import { GraphError, valueNames } from "./model.ts";
import type { ElementType, Tensor } from "./tensor.ts";
import { ints, scalar } from "./tensor.ts";

/** The operator set this project writes: old enough for every runtime, new enough for HardSwish. */
export const OPSET = 15;

/** Attribute values as written by hand: `2` is an int (use `float` for a float), `[1, 1]` are ints. */
export type PlainAttributes = Readonly<Record<string, number | string | readonly number[] | Attribute>>;

/** A float attribute, which a bare number would not be. */
export function float(value: number): Attribute {
  return { kind: "float", value };
}

function toAttribute(value: PlainAttributes[string]): Attribute {
  if (typeof value === "number") return { kind: "int", value };
  if (typeof value === "string") return { kind: "string", value };
  return "kind" in value ? value : { kind: "ints", value };
}

export class GraphBuilder {
  readonly opset: number;
  readonly #inputs: ValueInfo[];
  readonly #outputs: ValueInfo[];
  readonly #nodes: Node[];
  readonly #initializers: Map<string, Tensor>;
  readonly #names: Set<string>;
  readonly #reserved: ReadonlySet<string>;

  /**
   * An empty graph of an operator set, or one that begins with everything of a model.
   * @param reserved names that are never given to a value without a name, since they will be added later
   */
  constructor(start: Model | number = OPSET, reserved: Iterable<string> = []) {
    const model = typeof start === "number" ? undefined : start;
    this.opset = typeof start === "number" ? start : start.opset;
    this.#inputs = [...(model?.inputs ?? [])];
    this.#outputs = [...(model?.outputs ?? [])];
    this.#nodes = [...(model?.nodes ?? [])];
    this.#initializers = new Map(model?.initializers);
    this.#names = model ? valueNames(model) : new Set();
    this.#reserved = new Set(reserved);
  }

  /** Declare an input. */
  input(name: string, shape: Shape | null, type: ElementType = "float32"): string {
    this.#inputs.push({ name: this.#claim(name), type, shape });
    return name;
  }

  /** Add a constant. Without a name it gets a free one. */
  constant(tensor: Tensor, name = this.freeName("constant")): string {
    this.#initializers.set(this.#claim(name), tensor);
    return name;
  }

  scalar(value: number): string {
    return this.constant(scalar(value));
  }

  ints(values: readonly number[]): string {
    return this.constant(ints(values));
  }

  /** Add a node with one output; gives the output's name. */
  add(
    operator: string,
    inputs: readonly string[],
    attributes: PlainAttributes = {},
    output?: string,
  ): string {
    return this.addNode(operator, inputs, attributes, [output ?? this.freeName(operator)])[0] ?? "";
  }

  /** Add a node with the named outputs. */
  addNode(
    operator: string,
    inputs: readonly string[],
    attributes: PlainAttributes,
    outputs: readonly string[],
  ): readonly string[] {
    for (const output of outputs) this.#claim(output);
    const entries = Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)] as const);
    const typed: Attributes = Object.fromEntries(entries);
    this.#nodes.push({ name: outputs[0] ?? "", operator, inputs, outputs, attributes: typed });
    return outputs;
  }

  /** Add a reduction, whose axes are an input since operator set 18 (of ReduceSum since 13), before it an attribute. */
  reduce(
    operator: `Reduce${string}`,
    value: string,
    axes: readonly number[],
    keepdims: 0 | 1 = 1,
    output?: string,
  ): string {
    return this.opset >= (operator === "ReduceSum" ? 13 : 18)
      ? this.add(operator, [value, this.ints(axes)], { keepdims }, output)
      : this.add(operator, [value], { axes, keepdims }, output);
  }

  /** Add a node of another graph as it is. */
  copy(node: Node): void {
    for (const output of node.outputs) if (output) this.#claim(output);
    this.#nodes.push(node);
  }

  /** Make a value an output of the graph, under another name where one is given. */
  output(value: string, name = value, shape: Shape | null = null, type: ElementType = "float32"): string {
    if (name !== value) this.add("Identity", [value], {}, name);
    this.#outputs.push({ name, type, shape });
    return name;
  }

  /** The model built so far. */
  build(): Model {
    return {
      opset: this.opset,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      nodes: [...this.#nodes],
      initializers: new Map(this.#initializers),
    };
  }

  /** A name that no value has yet, for an output of `addNode`. */
  freeName(stem: string): string {
    let index = this.#names.size;
    while (this.#names.has(`${stem}_${index}`) || this.#reserved.has(`${stem}_${index}`)) index++;
    return `${stem}_${index}`;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) throw new GraphError(`the graph already has a value named "${name}"`);
    this.#names.add(name);
    return name;
  }
}
