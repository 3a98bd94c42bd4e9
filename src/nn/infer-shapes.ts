/**
 * @file Shapes of a model's values, from its inputs and the operators' rules.
 */
import { constantTensor } from "./constant-node.ts";
import { integersOf, integersOfNode } from "./integer-values.ts";
import type { IntegerValue } from "./integer-values.ts";
import { GraphError, describeNode } from "./model.ts";
import type { Model, Node, Shape } from "./model.ts";
import { OPERATOR_RULES } from "./operators/registry.ts";
import type { OperatorRules, ShapeContext } from "./operators/rule.ts";
import type { Tensor } from "./tensor.ts";

/** Looks up the shape of a value. @throws GraphError when it is not known, naming the node that hides it */
export type ShapeLookup = (name: string) => Shape;

/** What can be known of a model's values without running it; looked up when asked for, and remembered. */
export interface Inference {
  readonly shapeOf: ShapeLookup;
  /** A value that is an initializer or a Constant node's. */
  readonly constantOf: (name: string) => Tensor | undefined;
  /** Integers that are constant or follow from shapes. */
  readonly integersOf: (name: string) => IntegerValue | undefined;
  /** A node seen with what is known of its inputs. */
  readonly contextOf: (node: Node) => ShapeContext;
}

/** `compute` called once a name; what it throws is remembered too. */
function remembered<T>(compute: (name: string) => T): (name: string) => T {
  const results = new Map<string, { readonly result: T } | { readonly error: unknown }>();
  const attempt = (name: string) => {
    try {
      return { result: compute(name) };
    } catch (error) {
      return { error };
    }
  };
  return (name) => {
    const found = results.get(name) ?? attempt(name);
    results.set(name, found);
    if ("error" in found) throw found.error;
    return found.result;
  };
}

/** All that follows from the model's inputs, constants and operators. */
export function infer(model: Model, rules: OperatorRules = OPERATOR_RULES): Inference {
  const producers = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const inputs = new Map(model.inputs.map(({ name, shape }) => [name, shape]));
  const declared = new Map(model.outputs.map(({ name, shape }) => [name, shape]));

  const constantOf = (name: string): Tensor | undefined => {
    const producer = producers.get(name);
    return producer?.operator === "Constant" ? constantTensor(producer) : model.initializers.get(name);
  };

  const computedShape = remembered((name): Shape => {
    const given = constantOf(name)?.shape ?? inputs.get(name);
    if (given) return given;
    const node = producers.get(name);
    if (!node) throw new GraphError(`the shape of "${name}" is not given; declare it on the model's input`);
    const rule = rules[node.operator];
    if (rule) return rule.shape(contextOf(node), node.outputs.indexOf(name));
    const said = declared.get(name);
    if (said) return said;
    throw new GraphError(
      `the shape of "${name}" is unknown: ${describeNode(node)} has no shape rule; ` +
        `add one in src/nn/operators, or declare the value's shape`,
    );
  });

  let isVisited = false;
  /** From the first node on, so that no value is a long way of others from what is known. */
  const visitAll = (): void => {
    if (isVisited) return;
    isVisited = true;
    for (const name of model.nodes.flatMap(({ outputs }) => outputs)) {
      integersOfValue(name);
      shapeIfKnown(name);
    }
  };

  const shapeOf = (name: string): Shape => {
    visitAll();
    return computedShape(name);
  };

  const shapeIfKnown = (name: string): Shape | undefined => {
    try {
      return shapeOf(name);
    } catch (error) {
      if (error instanceof GraphError) return undefined;
      throw error;
    }
  };

  const integersOfValue = remembered((name): IntegerValue | undefined => {
    const constant = constantOf(name);
    if (constant) return integersOf(constant);
    const node = producers.get(name);
    if (!node) return undefined;
    const value = (index: number) => integersOfValue(node.inputs[index] ?? "");
    return integersOfNode({ node, shape: (index) => shapeIfKnown(node.inputs[index] ?? ""), value });
  });

  const contextOf = (node: Node): ShapeContext => {
    const lengths = (index: number) => {
      const value = integersOfValue(node.inputs[index] ?? "");
      return value && value.shape.length <= 1 ? value.values : undefined;
    };
    return {
      node,
      opset: model.opset,
      shape: (index) => shapeOf(node.inputs[index] ?? ""),
      constant: (index) => constantOf(node.inputs[index] ?? ""),
      lengths,
      constantInts: (index) => {
        const values = lengths(index);
        return values?.every((value) => typeof value === "number") ? values : undefined;
      },
    };
  };
  return { shapeOf, constantOf, integersOf: integersOfValue, contextOf };
}

/** Shapes of the model's values. */
export function inferShapes(model: Model): ShapeLookup {
  return infer(model).shapeOf;
}
