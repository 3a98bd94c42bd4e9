/**
 * @file Cutting and joining graphs: the part of a model that given values need, and one model after another.
 */
import { GraphError, valueNames } from "./model.ts";
import type { Model, ValueInfo } from "./model.ts";

/**
 * The part of a model that computes `outputs`; inputs and constants that they do not need are dropped.
 * @param outputs names of values: outputs, or any node's result (its name is the layer's name)
 * @throws GraphError when a value does not exist, with the nearest names
 */
export function extract(model: Model, outputs: readonly string[]): Model {
  const known = valueNames(model);
  for (const name of outputs) {
    if (!known.has(name)) {
      const last = model.nodes.slice(-8).map((node) => node.outputs[0] ?? "");
      const named = [...model.outputs.map((output) => output.name), ...last];
      throw new GraphError(`the model has no value named "${name}"; among its last are ${named.join(", ")}`);
    }
  }
  const needed = new Set(outputs);
  const nodes = model.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((output) => needed.has(output))) return false;
      for (const input of node.inputs) needed.add(input);
      return true;
    })
    .toReversed();
  const declared = new Map(model.outputs.map((output) => [output.name, output]));
  return {
    opset: model.opset,
    inputs: model.inputs.filter(({ name }) => needed.has(name)),
    outputs: outputs.map((name): ValueInfo => declared.get(name) ?? { name, type: "float32", shape: null }),
    nodes,
    initializers: new Map([...model.initializers].filter(([name]) => needed.has(name))),
  };
}

/**
 * `second` after `first`: each input of `second` is fed by the value of `first` with the same name. The
 * outputs are those of `second` followed by `keep` of `first`.
 * @throws GraphError when an input of `second` is no value of `first`, other names clash, or opsets differ
 */
export function connect(first: Model, second: Model, keep: readonly string[] = []): Model {
  const ofFirst = valueNames(first);
  for (const { name } of second.inputs) {
    if (!ofFirst.has(name)) throw new GraphError(`the first model has no value "${name}" for the second`);
  }
  const fed = new Set(second.inputs.map(({ name }) => name));
  const clash = [...valueNames(second)].find((name) => ofFirst.has(name) && !fed.has(name));
  if (clash !== undefined) throw new GraphError(`both models have a value named "${clash}"`);
  if (first.opset !== second.opset) {
    throw new GraphError(`operator sets differ: ${first.opset} and ${second.opset}`);
  }
  const nodes = [...first.nodes, ...second.nodes];
  const initializers = new Map([...first.initializers, ...second.initializers]);
  const outputs = [...second.outputs, ...extract(first, keep).outputs];
  return { opset: first.opset, inputs: first.inputs, outputs, nodes, initializers };
}

/** The same model, the names of what is neither its input nor its output beginning with `prefix`. */
export function withInnerNames(model: Model, prefix: string): Model {
  const fixed = new Set(["", ...[...model.inputs, ...model.outputs].map(({ name }) => name)]);
  const renamed = (name: string): string => (fixed.has(name) ? name : `${prefix}${name}`);
  return {
    ...model,
    nodes: model.nodes.map((node) => ({
      ...node,
      name: node.name && `${prefix}${node.name}`,
      inputs: node.inputs.map(renamed),
      outputs: node.outputs.map(renamed),
    })),
    initializers: new Map([...model.initializers].map(([name, tensor]) => [renamed(name), tensor])),
  };
}
