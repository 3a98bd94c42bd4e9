/**
 * @file Several networks as one graph: the means of their logits and of their maps. The map of a mean is the mean of the
 * maps, so the picture still says where the logit comes from.
 */
import { GraphBuilder } from "../../src/nn/builder.ts";
import { GraphError } from "../../src/nn/model.ts";
import type { Model } from "../../src/nn/model.ts";
import { withInnerNames } from "../../src/nn/subgraph.ts";

const OUTPUTS = ["logits", "saliency"] as const;

/**
 * @param networks graphs of model packages, with the same input
 * @throws GraphError when there is none, or they differ in input or operator set
 */
export function ensembleOf(networks: readonly Model[]): Model {
  const [first] = networks;
  if (!first) throw new GraphError("an ensemble needs at least one network");
  const input = JSON.stringify(first.inputs);
  if (networks.some(({ inputs, opset }) => JSON.stringify(inputs) !== input || opset !== first.opset)) {
    throw new GraphError("the networks of an ensemble must have the same input and operator set");
  }
  const members = networks.map((network, i) => withInnerNames({ ...network, outputs: [] }, `network${i}/`));
  const graph = new GraphBuilder({
    ...first,
    outputs: [],
    nodes: members.flatMap(({ nodes }) => nodes),
    initializers: new Map(members.flatMap(({ initializers }) => [...initializers])),
  });
  for (const output of OUTPUTS) {
    const sum = members.map((_, i) => `network${i}/${output}`).reduce((a, b) => graph.add("Add", [a, b]));
    graph.add("Mul", [sum, graph.scalar(1 / networks.length)], {}, output);
    graph.output(output, output, first.outputs.find(({ name }) => name === output)?.shape ?? null);
  }
  return graph.build();
}
