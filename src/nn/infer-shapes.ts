/**
 * @file Shapes of a model's values, from its inputs and the operators' rules.
 */
import { GraphError, describeNode } from "./model.ts";
import type { Model, Node, Shape } from "./model.ts";
import { OPERATOR_RULES } from "./operators/registry.ts";
import type { ShapeContext } from "./operators/rule.ts";

/** Looks up the shape of a value. @throws GraphError when it is not known, naming the node that hides it */
export type ShapeLookup = (name: string) => Shape;

/** The integers of a constant, or undefined when the name is no constant of integers. */
export function constantIntsOf(model: Model, name: string | undefined): readonly number[] | undefined {
  const tensor = name ? model.initializers.get(name) : undefined;
  return tensor?.type === "int64" ? Array.from(tensor.data, Number) : undefined;
}

/** A node seen with its shapes. */
export function shapeContext(model: Model, node: Node, shapeOf: ShapeLookup): ShapeContext {
  return {
    node,
    shape: (index) => shapeOf(node.inputs[index] ?? ""),
    constantInts: (index) => constantIntsOf(model, node.inputs[index]),
  };
}

/** Shapes of the model's values, inferred when asked for and remembered. */
export function inferShapes(model: Model): ShapeLookup {
  const producers = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const known = new Map<string, Shape>([...model.initializers].map(([name, { shape }]) => [name, shape]));
  for (const { name, shape } of [...model.inputs, ...model.outputs]) if (shape) known.set(name, shape);

  const lookup = (name: string): Shape => {
    const found = known.get(name);
    if (found) return found;
    const node = producers.get(name);
    if (!node) throw new GraphError(`the shape of "${name}" is not given; declare it on the model's input`);
    const rule = OPERATOR_RULES[node.operator];
    if (!rule) {
      throw new GraphError(
        `the shape of "${name}" is unknown: ${describeNode(node)} has no shape rule; ` +
          `add one in src/nn/operators, or declare the value's shape`,
      );
    }
    if (node.outputs[0] !== name) throw new GraphError(`${describeNode(node)}: output "${name}" has no rule`);
    const shape = rule.shape(shapeContext(model, node, lookup));
    known.set(name, shape);
    return shape;
  };
  return lookup;
}
