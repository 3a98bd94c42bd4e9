/**
 * @file Several networks as one graph, each looking at the picture several times: the means of their logits and of their
 * maps. The map of a mean is the mean of the maps, so the picture still says where the logit comes from.
 */
import { GraphBuilder } from "../../src/nn/builder.ts";
import { GraphError } from "../../src/nn/model.ts";
import type { Model } from "../../src/nn/model.ts";
import { withInnerNames } from "../../src/nn/subgraph.ts";
import { LOOKS } from "./recipe.ts";

const OUTPUTS = ["logits", "saliency"] as const;

/** Where the values of a network's look at the picture stand in the ensemble: `<prefix><name in the network>`. */
export const lookPrefix = (network: number, look: number): string =>
  look === 0 ? `network${network}/` : `network${network}/look${look}/`;

/** A layer of every network at each of its looks. */
export function layersOf(layer: string, networks: number): string[] {
  return Array.from({ length: networks }, (_, i) =>
    LOOKS.map((_move, k) => `${lookPrefix(i, k)}${layer}`),
  ).flat();
}

/** The picture moved down and to the right; what comes in at the top and the left repeats the picture's own margin. */
function moved(graph: GraphBuilder, picture: string, pixels: number): string {
  if (pixels === 0) return picture;
  return [2, 3].reduce((image, axis) => {
    const part = (end: number): string =>
      graph.add("Slice", [image, graph.ints([0]), graph.ints([end]), graph.ints([axis])]);
    return graph.add("Concat", [part(pixels), part(-pixels)], { axis });
  }, picture);
}

/** A network's nodes for one look: fed by `picture`, with the weights of its first. */
function look(
  network: Model,
  prefix: string,
  weights: string,
  input: string,
  picture: string,
): Model["nodes"] {
  const renamed = (name: string): string => {
    if (name === input) return picture;
    if (name === "") return name;
    return network.initializers.has(name) ? `${weights}${name}` : `${prefix}${name}`;
  };
  return network.nodes.map((node) => ({
    ...node,
    name: node.name && `${prefix}${node.name}`,
    inputs: node.inputs.map(renamed),
    outputs: node.outputs.map(renamed),
  }));
}

/**
 * @param networks graphs of model packages, with the same input
 * @param moves how far the picture is moved for each look, in pixels down and to the right; the first is 0
 * @throws GraphError when there is none, or they differ in input or operator set
 */
export function ensembleOf(networks: readonly Model[], moves: readonly number[] = [0]): Model {
  const [first] = networks;
  if (!first) throw new GraphError("an ensemble needs at least one network");
  const inputs = JSON.stringify(first.inputs);
  if (
    networks.some((network) => JSON.stringify(network.inputs) !== inputs || network.opset !== first.opset)
  ) {
    throw new GraphError("the networks of an ensemble must have the same input and operator set");
  }
  const input = first.inputs[0]?.name ?? "";
  const before = new GraphBuilder({ ...first, outputs: [], nodes: [], initializers: new Map() });
  const pictures = moves.map((pixels) => moved(before, input, pixels));
  const start = before.build();
  const weights = networks.map((network, i) => withInnerNames({ ...network, outputs: [] }, lookPrefix(i, 0)));
  const prefixes = networks.map((_, i) => moves.map((_move, k) => lookPrefix(i, k)));
  const graph = new GraphBuilder({
    ...start,
    nodes: [
      ...start.nodes,
      ...networks.flatMap((network, i) =>
        pictures.flatMap((picture, k) =>
          look(network, prefixes[i]?.[k] ?? "", lookPrefix(i, 0), input, picture),
        ),
      ),
    ],
    initializers: new Map([
      ...start.initializers,
      ...weights.flatMap(({ initializers }) => [...initializers]),
    ]),
  });
  const looks = prefixes.flat();
  for (const output of OUTPUTS) {
    const sum = looks.map((prefix) => `${prefix}${output}`).reduce((a, b) => graph.add("Add", [a, b]));
    graph.add("Mul", [sum, graph.scalar(1 / looks.length)], {}, output);
    graph.output(output, output, first.outputs.find(({ name }) => name === output)?.shape ?? null);
  }
  return graph.build();
}
