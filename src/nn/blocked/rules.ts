/** @file Shapes and gradients of the blocked operators, for one block size. */
import type { GraphBuilder } from "../builder.ts";
import { intAttribute } from "../model.ts";
import { windowAxes } from "../operators/geometry.ts";
import type { WindowAxis } from "../operators/geometry.ts";
import { fixedLength } from "../operators/rule.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "../operators/rule.ts";
import { blockedInputGradient } from "./input-gradient.ts";
import type { BlockedConvolution } from "./input-gradient.ts";
import { blockedOperator, wholeBlocks } from "./layout.ts";
import { blockedWeightGradient } from "./weight-gradient.ts";

function convAxes(context: ShapeContext): readonly [WindowAxis, WindowAxis] {
  const kernel = [fixedLength(context, 2, 1), fixedLength(context, 3, 1)];
  const lengths = [fixedLength(context, 2), fixedLength(context, 3)];
  const [rows, columns] = windowAxes(context.node, lengths, kernel);
  if (!rows || !columns) throw new RangeError("a blocked Conv has two spatial axes");
  return [rows, columns];
}

function convolutionOf(context: GradientContext, block: number): BlockedConvolution {
  const group = intAttribute(context.node, "group", 1);
  return {
    block,
    batch: fixedLength(context, 0),
    channels: fixedLength(context, 1),
    filters: fixedLength(context, 0, 1),
    depthwise: group > 1,
    axes: convAxes(context),
  };
}

/** The sum over batch and space, `[M]`: the mean that a blocked operator takes in one pass, times what it divided by. */
function biasGradient(graph: GraphBuilder, dy: string, { filters, axes, batch }: BlockedConvolution): string {
  const pixels = axes.reduce((product, axis) => product * Number(axis.positions), 1);
  const means = graph.add(blockedOperator("GlobalAveragePool"), [dy]);
  const rows = graph.add("Reshape", [means, graph.ints([batch, filters])]);
  const sum = graph.add("ReduceSum", [rows, graph.ints([0])], { keepdims: 0 });
  return graph.add("Mul", [sum, graph.scalar(pixels)]);
}

/** The mean over space; its gradient is spread evenly. */
function averageGradient(context: GradientContext, block: number): string {
  const { graph, outputGradient, shape } = context;
  const [batch, channels] = [fixedLength(context, 0), fixedLength(context, 1)];
  const pixels = fixedLength(context, 2) * fixedLength(context, 3);
  const share = graph.add("Mul", [outputGradient, graph.scalar(1 / pixels)]);
  const planes = graph.add("Reshape", [share, graph.ints([batch, channels / block, 1, block])]);
  const spread = graph.add("Expand", [planes, graph.ints([batch, channels / block, pixels, block])]);
  return graph.add("Reshape", [spread, graph.ints(shape(0).map(Number))]);
}

export function blockedRules(block: number): OperatorRules {
  return {
    [blockedOperator("ReorderInput")]: {
      shape: (context) => {
        const [batch = 1, , ...spatial] = context.shape(0);
        return [batch, wholeBlocks(fixedLength(context, 1), block), ...spatial];
      },
      gradient: (context) => {
        const channels = fixedLength(context, 1);
        return [context.graph.add(blockedOperator("ReorderOutput"), [context.outputGradient], { channels })];
      },
    },
    [blockedOperator("ReorderOutput")]: {
      shape: ({ node, shape }) => {
        const [batch = 1, channels = 1, ...spatial] = shape(0);
        return [batch, intAttribute(node, "channels", Number(channels)), ...spatial];
      },
      gradient: ({ graph, outputGradient }) => [graph.add(blockedOperator("ReorderInput"), [outputGradient])],
    },
    [blockedOperator("GlobalAveragePool")]: {
      shape: ({ shape }) => [...shape(0).slice(0, 2), 1, 1],
      gradient: (context) => [averageGradient(context, block)],
    },
    [blockedOperator("Conv")]: {
      shape: (context) => [
        context.shape(0)[0] ?? 1,
        context.shape(1)[0] ?? 1,
        ...convAxes(context).map(({ positions }) => positions),
      ],
      gradient: (context) => {
        const { graph, outputGradient: dy, input, wants } = context;
        const conv = convolutionOf(context, block);
        return [
          wants(0) ? blockedInputGradient(graph, dy, input(1), conv) : undefined,
          wants(1) ? blockedWeightGradient(graph, input(0), dy, conv) : undefined,
          wants(2) ? biasGradient(graph, dy, conv) : undefined,
        ];
      },
    },
  };
}
