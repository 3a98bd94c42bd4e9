/** @file Operators whose result is a shape or a constant: they have no gradient, only a shape of their own. */
import { constantTensor } from "../constant-node.ts";
import { GraphError, describeNode, intAttribute } from "../model.ts";
import type { OperatorRules, ShapeContext } from "./rule.ts";

function constantOfShape({ node, lengths }: ShapeContext) {
  const shape = lengths(0);
  if (shape) return shape;
  throw new GraphError(`${describeNode(node)}: its shape does not follow from known shapes`);
}

export const shapeValueRules: OperatorRules = {
  Shape: {
    shape: ({ node, shape }) => {
      const rank = shape(0).length;
      const axes = shape(0).slice(intAttribute(node, "start", 0), intAttribute(node, "end", rank));
      return [axes.length];
    },
    gradient: "zero",
  },
  Size: { shape: () => [], gradient: "zero" },
  Constant: { shape: ({ node }) => constantTensor(node)?.shape ?? [], gradient: "zero" },
  ConstantOfShape: { shape: constantOfShape, gradient: "zero" },
};
