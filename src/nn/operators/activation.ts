/** @file Activations that are smooth, or have one kink at 0: Relu and its leaky forms, Elu, Sigmoid, Tanh, Softplus. */
import { float } from "../builder.ts";
import { floatAttribute } from "../model.ts";
import { sameShape, sumToShape } from "./rule.ts";
import type { GradientRule, OperatorRules } from "./rule.ts";

/**
 * The largest float32. A HardSigmoid as steep is 0 for 0 and 1 for all positive numbers but the subnormal ones, below 2⁻¹²⁶;
 * ONNX Runtime computes it on all threads, many elements at a time, unlike Sign or a comparison's Cast.
 */
const STEEPEST = (2 - 2 ** -23) * 2 ** 127;

const prelu: GradientRule = (context) => {
  const { graph, outputGradient, input, shape, wants } = context;
  const positive = graph.add("Greater", [input(0), graph.scalar(0)]);
  const scaled = graph.add("Mul", [outputGradient, input(1)]);
  const x = wants(0) ? graph.add("Where", [positive, outputGradient, scaled]) : undefined;
  if (!wants(1)) return [x];
  const perSlope = graph.add("Mul", [outputGradient, graph.add("Min", [input(0), graph.scalar(0)])]);
  return [x, sumToShape(graph, perSlope, input(1), shape(1), shape(0))];
};

export const activationRules: OperatorRules = {
  Relu: {
    shape: sameShape,
    // The output is positive exactly where the slope is 1; the slope at 0 is taken as 0, as PyTorch does.
    gradient: ({ graph, outputGradient, output }) => {
      const slope = graph.add("HardSigmoid", [output], { alpha: float(STEEPEST), beta: float(0) });
      return [graph.add("Mul", [outputGradient, slope])];
    },
  },
  LeakyRelu: {
    shape: sameShape,
    // At 0 the slope is alpha, as in PyTorch.
    gradient: ({ graph, node, outputGradient, input }) => {
      const positive = graph.add("Greater", [input(0), graph.scalar(0)]);
      const scaled = graph.add("Mul", [outputGradient, graph.scalar(floatAttribute(node, "alpha", 0.01))]);
      return [graph.add("Where", [positive, outputGradient, scaled])];
    },
  },
  PRelu: { shape: sameShape, gradient: prelu },
  Elu: {
    shape: sameShape,
    // Left of 0, y = α (exp(x) - 1), so y' = y + α.
    gradient: ({ graph, node, outputGradient, output }) => {
      const positive = graph.add("Greater", [output, graph.scalar(0)]);
      const slope = graph.add("Add", [output, graph.scalar(floatAttribute(node, "alpha", 1))]);
      return [graph.add("Where", [positive, outputGradient, graph.add("Mul", [outputGradient, slope])])];
    },
  },
  Sigmoid: {
    shape: sameShape,
    gradient: ({ graph, outputGradient, output }) => {
      const slope = graph.add("Mul", [output, graph.add("Sub", [graph.scalar(1), output])]);
      return [graph.add("Mul", [outputGradient, slope])];
    },
  },
  Tanh: {
    shape: sameShape,
    gradient: ({ graph, outputGradient, output }) => {
      const slope = graph.add("Sub", [graph.scalar(1), graph.add("Mul", [output, output])]);
      return [graph.add("Mul", [outputGradient, slope])];
    },
  },
  Softplus: {
    shape: sameShape,
    gradient: ({ graph, outputGradient, input }) => [
      graph.add("Mul", [outputGradient, graph.add("Sigmoid", [input(0)])]),
    ],
  },
};
