/** @file BatchNormalization with frozen statistics: a factor and an offset a channel. */
import { GraphError, describeNode, floatAttribute, intAttribute } from "../model.ts";
import { sameShape } from "./rule.ts";
import type { GradientContext, OperatorRules } from "./rule.ts";

/** Epsilon of BatchNormalization where the node gives none (ONNX specification). */
export const BATCH_NORM_EPSILON = 1e-5;

/**
 * y = scale · (x − mean) · r + bias with r = 1 / √(variance + ε), everything but x of shape `[C]`.
 * @throws GraphError in training mode, where mean and variance are the batch's own
 */
function batchNormGradient(context: GradientContext): readonly (string | undefined)[] {
  const { graph, node, outputGradient: dy, input, wants, shape } = context;
  if (intAttribute(node, "training_mode", 0) === 1) {
    throw new GraphError(
      `${describeNode(node)} is in training mode, with statistics of the batch; export the model for evaluation, ` +
        `so that its statistics are frozen`,
    );
  }
  const rank = shape(0).length;
  const overSpace = Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
  const alongChannel = (value: string) => graph.add("Unsqueeze", [value, graph.ints(overSpace)]);
  const perChannel = (value: string) => {
    const axes = graph.ints([0, ...overSpace.map((axis) => axis + 1)]);
    return graph.add("ReduceSum", [value, axes], { keepdims: 0 });
  };
  const variance = graph.add("Add", [
    input(4),
    graph.scalar(floatAttribute(node, "epsilon", BATCH_NORM_EPSILON)),
  ]);
  const r = graph.add("Reciprocal", [graph.add("Sqrt", [variance])]);
  const factor = graph.add("Mul", [input(1), r]);
  const sum = perChannel(dy);
  const spread = () => {
    const centred = graph.add("Sub", [input(0), alongChannel(input(3))]);
    return graph.add("Mul", [perChannel(graph.add("Mul", [dy, centred])), r]);
  };
  const dScale = wants(1) || wants(4) ? spread() : undefined;
  const dVariance = (normalised: string) => {
    const slope = graph.add("Div", [graph.add("Mul", [normalised, input(1)]), variance]);
    return graph.add("Mul", [slope, graph.scalar(-0.5)]);
  };
  return [
    wants(0) ? graph.add("Mul", [dy, alongChannel(factor)]) : undefined,
    dScale,
    sum,
    wants(3) ? graph.add("Neg", [graph.add("Mul", [sum, factor])]) : undefined,
    wants(4) && dScale !== undefined ? dVariance(dScale) : undefined,
  ];
}

export const normalizationRules: OperatorRules = {
  BatchNormalization: { shape: sameShape, gradient: batchNormGradient },
};
