/**
 * @file Constants made plain: Constant nodes, and integers that follow from known shapes, become initializers.
 */
import { infer } from "./infer-shapes.ts";
import { integerTensor } from "./integer-values.ts";
import type { Model } from "./model.ts";
import { OPERATOR_RULES } from "./operators/registry.ts";
import type { OperatorRules } from "./operators/rule.ts";
import type { Tensor } from "./tensor.ts";

/** The same model, with nodes whose results are known replaced by constants of the same names. */
export function foldConstants(model: Model, rules: OperatorRules = OPERATOR_RULES): Model {
  const { constantOf, integersOf } = infer(model, rules);
  const initializers = new Map(model.initializers);
  const known = (name: string): Tensor | undefined => {
    const integers = integersOf(name);
    return constantOf(name) ?? (integers && integerTensor(integers));
  };
  const nodes = model.nodes.filter(({ outputs: [name = ""] }) => {
    const tensor = known(name);
    if (tensor) initializers.set(name, tensor);
    return tensor === undefined;
  });
  return { ...model, nodes, initializers };
}
