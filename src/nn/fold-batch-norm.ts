/**
 * @file BatchNormalization with frozen statistics folded into the convolution before it: y = a · conv(x, W) + b is
 * conv(x, a · W) + b, so that one pass over the image is saved, and two over its gradient. The weights may be trained:
 * the products stand in the graph.
 */
import { GraphBuilder } from "./builder.ts";
import { infer } from "./infer-shapes.ts";
import { floatAttribute, intAttribute, valueNames } from "./model.ts";
import type { Model, Node } from "./model.ts";
import { BATCH_NORM_EPSILON } from "./operators/normalization.ts";
import { floats } from "./tensor.ts";
import type { FloatTensor } from "./tensor.ts";

/** Mean and 1 / √(variance + ε) of a BatchNormalization node, where they are constants. */
function frozenStatistics(model: Model, node: Node): readonly [FloatTensor, FloatTensor] | undefined {
  const [mean, variance] = node.inputs.slice(3, 5).map((name) => model.initializers.get(name));
  if (mean?.type !== "float32" || variance?.type !== "float32") return undefined;
  const epsilon = floatAttribute(node, "epsilon", BATCH_NORM_EPSILON);
  return [
    mean,
    floats(
      variance.shape,
      variance.data.map((v) => 1 / Math.sqrt(v + epsilon)),
    ),
  ];
}

/** The same function, with each BatchNormalization that alone follows a Conv folded into it. */
export function foldBatchNormalization(model: Model): Model {
  const uses = new Map<string, number>();
  for (const name of [...model.nodes.flatMap(({ inputs }) => inputs), ...model.outputs.map((o) => o.name)]) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const producers = new Map(model.nodes.map((node) => [node.outputs[0] ?? "", node]));
  const folds = new Map<
    Node,
    { readonly conv: Node; readonly statistics: readonly [FloatTensor, FloatTensor] }
  >();
  for (const node of model.nodes) {
    if (node.operator !== "BatchNormalization" || intAttribute(node, "training_mode", 0) === 1) continue;
    const conv = producers.get(node.inputs[0] ?? "");
    const statistics = frozenStatistics(model, node);
    if (conv?.operator !== "Conv" || uses.get(node.inputs[0] ?? "") !== 1 || !statistics) continue;
    folds.set(node, { conv, statistics });
  }
  const { shapeOf } = infer(model);
  const folded = new Set([...folds.values()].map(({ conv }) => conv));
  const graph = new GraphBuilder({ ...model, nodes: [] }, valueNames(model));
  for (const node of model.nodes) {
    const fold = folds.get(node);
    if (folded.has(node)) continue;
    if (!fold) {
      graph.copy(node);
      continue;
    }
    const { conv, statistics } = fold;
    const [mean, inverse] = statistics.map((tensor) => graph.constant(tensor));
    const [image = "", weights = "", bias] = conv.inputs;
    const [, gamma = "", beta = ""] = node.inputs;
    const factor = graph.add("Mul", [gamma, inverse ?? ""]);
    const alongFilters = graph.ints(shapeOf(weights).map((_, axis) => (axis === 0 ? -1 : 1)));
    const scaled = graph.add("Mul", [weights, graph.add("Reshape", [factor, alongFilters])]);
    const centre = bias ? graph.add("Sub", [mean ?? "", bias]) : (mean ?? "");
    const offset = graph.add("Sub", [beta, graph.add("Mul", [centre, factor])]);
    graph.addNode("Conv", [image, scaled, offset], conv.attributes, node.outputs.slice(0, 1));
  }
  return graph.build();
}
