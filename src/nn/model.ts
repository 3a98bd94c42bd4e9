/**
 * @file An ONNX model as plain data: nodes in topological order, named values, constant initialisers.
 *
 * The subset of `onnx.proto` that a feed-forward network needs; `onnx-file.ts` refuses what is outside it.
 */
import type { ElementType, Tensor } from "./tensor.ts";

/** A known length, or the name of one that is known only when the model runs. */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] };

export type Attributes = Readonly<Record<string, Attribute>>;

export interface Node {
  readonly name: string;
  readonly operator: string;
  /** Names of values; "" where an optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** A named value; `shape` is null when the model does not say. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape | null;
}

export interface Model {
  /** Version of the standard operator set. */
  readonly opset: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
}

/** A model or a node that cannot be used as asked; the message names it. */
export class GraphError extends Error {
  override readonly name = "GraphError";
}

/** Node for an error message: what it is and where. */
export function describeNode(node: Node): string {
  return `${node.operator} node "${node.name || (node.outputs[0] ?? "")}"`;
}

/** An integer attribute, or its default. */
export function intAttribute({ attributes }: Node, name: string, otherwise: number): number {
  const attribute = attributes[name];
  return attribute?.kind === "int" ? attribute.value : otherwise;
}

/** A float attribute, or its default. */
export function floatAttribute({ attributes }: Node, name: string, otherwise: number): number {
  const attribute = attributes[name];
  return attribute?.kind === "float" ? attribute.value : otherwise;
}

/** A list-of-integers attribute, or undefined where the node has none. */
export function intsAttribute({ attributes }: Node, name: string): readonly number[] | undefined {
  const attribute = attributes[name];
  return attribute?.kind === "ints" ? attribute.value : undefined;
}

/** Every name that stands for a value in the model. */
export function valueNames(model: Model): Set<string> {
  const names = new Set([...model.inputs.map(({ name }) => name), ...model.initializers.keys()]);
  for (const node of model.nodes) for (const output of node.outputs) names.add(output);
  return names;
}
