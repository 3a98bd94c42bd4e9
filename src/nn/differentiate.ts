/**
 * @file Reverse-mode differentiation of ONNX graphs: a model in, the same model with gradients as outputs out.
 *
 * The result has standard operators only, and runs wherever the model runs. The rules stand in `operators/`.
 */
import { GraphBuilder } from "./builder.ts";
import { foldConstants } from "./fold-constants.ts";
import { infer } from "./infer-shapes.ts";
import { GraphError, describeNode, valueNames } from "./model.ts";
import type { Model, Node } from "./model.ts";
import { OPERATOR_RULES } from "./operators/registry.ts";
import type { GradientRule, OperatorRules } from "./operators/rule.ts";
import { floats } from "./tensor.ts";

/** The oldest operator set the gradients can be written in (axes of ReduceSum are an input). */
const OLDEST_OPSET = 13;

export interface Derivative {
  /** The value that is differentiated; of a value with many elements, their sum. */
  readonly of: string;
  /** Inputs, constants or intermediate values. */
  readonly withRespectTo: readonly string[];
}

/** The name of the output that holds the gradient of a value. */
export function gradientName(value: string): string {
  return `${value}/gradient`;
}

/** Values that change when one of `sources` does. */
function dependents(model: Model, sources: readonly string[], rules: OperatorRules): Set<string> {
  const found = new Set(sources);
  for (const { operator, inputs, outputs } of model.nodes) {
    if (rules[operator]?.gradient === "zero") continue;
    if (inputs.some((name) => found.has(name))) for (const output of outputs) if (output) found.add(output);
  }
  return found;
}

/** The rule that differentiates a node's outputs, as far as `of` depends on them. */
function gradientRule(
  node: Node,
  outputGradients: readonly (string | undefined)[],
  rules: OperatorRules,
): GradientRule {
  const { gradient, differentiates } = rules[node.operator] ?? {};
  if (gradient === undefined || gradient === "zero") {
    throw new GraphError(
      `${describeNode(node)} has no gradient rule; differentiate with respect to a value after it, ` +
        `or add a rule in src/nn/operators`,
    );
  }
  const further = outputGradients.findIndex((name, index) => index > 0 && name !== undefined);
  if (further > 0 && differentiates !== "all outputs") {
    throw new GraphError(
      `${describeNode(node)}: only its first output can be differentiated, ` +
        `but "${node.outputs[further] ?? ""}" is used too; export the model for inference`,
    );
  }
  return gradient;
}

/** @throws GraphError for a name that no value has, or an input or constant that is not float32 */
function checkNames(model: Model, names: readonly string[]): void {
  const known = valueNames(model);
  const inputTypes = new Map(model.inputs.map(({ name, type }) => [name, type]));
  for (const name of names) {
    if (!known.has(name)) throw new GraphError(`the model has no value named "${name}"`);
    const type = inputTypes.get(name) ?? model.initializers.get(name)?.type ?? "float32";
    if (type !== "float32") {
      throw new GraphError(`"${name}" is of type ${type}: gradients are taken of float32 values only`);
    }
  }
}

/**
 * The model with the gradients of `of` as further outputs, named by `gradientName`.
 * @param rules what is known of each operator; those of the standard set where left out
 * @throws GraphError for an unknown value, one that is not float32, an operator without a rule, or a value `of` does not depend on
 */
export function differentiate(
  model: Model,
  { of, withRespectTo }: Derivative,
  rules: OperatorRules = OPERATOR_RULES,
): Model {
  if (model.opset < OLDEST_OPSET) {
    throw new GraphError(
      `operator set ${model.opset}: gradients need ${OLDEST_OPSET} or newer, to which readOnnx raises a model`,
    );
  }
  checkNames(model, [of, ...withRespectTo]);
  const folded = foldConstants(model, rules);
  const graph = new GraphBuilder(folded);
  const { shapeOf, contextOf } = infer(folded, rules);
  const wanted = dependents(folded, withRespectTo, rules);

  const parts = new Map<string, string[]>();
  const one = { kind: "tensor", value: floats([1], [1]) } as const;
  parts.set(of, [graph.add("ConstantOfShape", [graph.add("Shape", [of])], { value: one })]);
  /** The gradient of a value whose users have all been visited. */
  const gradientOf = (name: string): string | undefined => {
    const found = parts.get(name);
    if (!found?.length) return undefined;
    const sum = found.reduce((a, b) => graph.add("Add", [a, b]));
    parts.set(name, [sum]);
    return sum;
  };

  for (const node of folded.nodes.toReversed()) {
    if (!node.inputs.some((name) => wanted.has(name))) continue;
    const outputGradients = node.outputs.map(gradientOf);
    if (outputGradients.every((name) => name === undefined)) continue;
    const gradients = gradientRule(
      node,
      outputGradients,
      rules,
    )({
      ...contextOf(node),
      graph,
      outputGradient: outputGradients[0] ?? "",
      outputGradients,
      output: node.outputs[0] ?? "",
      outputShape: (index) => shapeOf(node.outputs[index] ?? ""),
      input: (index) => node.inputs[index] ?? "",
      wants: (index) => wanted.has(node.inputs[index] ?? ""),
    });
    node.inputs.forEach((name, index) => {
      const gradient = gradients[index];
      if (gradient !== undefined && wanted.has(name)) parts.set(name, [...(parts.get(name) ?? []), gradient]);
    });
  }
  for (const name of withRespectTo) {
    const gradient = gradientOf(name);
    if (gradient === undefined) throw new GraphError(`"${of}" does not depend on "${name}"`);
    graph.output(gradient, gradientName(name));
  }
  return graph.build();
}
