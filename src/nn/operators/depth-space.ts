/** @file DepthToSpace (pixel shuffle) and SpaceToDepth: channels moved to pixels and back. */
import { intAttribute } from "../model.ts";
import { fixedLength } from "./rule.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "./rule.ts";
import { productOf, quotientOf } from "./dimension.ts";

const blockOf = ({ node }: ShapeContext): number => intAttribute(node, "blocksize", 1);

/** The gradient with its pixels moved back to channels; SpaceToDepth puts the block's place before the channel. */
function shuffleGradient(context: GradientContext): readonly string[] {
  const { graph, node, outputGradient, input } = context;
  const blocksize = blockOf(context);
  const back = graph.add("SpaceToDepth", [outputGradient], { blocksize });
  const { mode } = node.attributes;
  if (mode?.kind !== "string" || mode.value !== "CRD") return [back];
  const channels = fixedLength(context, 1) / blocksize ** 2;
  const places = graph.add("Reshape", [back, graph.ints([0, blocksize ** 2, channels, -1])]);
  const ordered = graph.add("Transpose", [places], { perm: [0, 2, 1, 3] });
  return [graph.add("Reshape", [ordered, graph.add("Shape", [input(0)])])];
}

export const depthSpaceRules: OperatorRules = {
  DepthToSpace: {
    shape: (context) => {
      const [n = 1, c = 1, ...image] = context.shape(0);
      const block = blockOf(context);
      return [n, quotientOf([c], [block ** 2]), ...image.map((length) => productOf([length, block]))];
    },
    gradient: shuffleGradient,
  },
  SpaceToDepth: {
    shape: (context) => {
      const [n = 1, c = 1, ...image] = context.shape(0);
      const block = blockOf(context);
      return [n, productOf([c, block ** 2]), ...image.map((length) => quotientOf([length], [block]))];
    },
    gradient: (context) => [
      context.graph.add("DepthToSpace", [context.outputGradient], { blocksize: blockOf(context) }),
    ],
  },
};
