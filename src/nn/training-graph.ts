/**
 * @file The graph that one training step runs: softmax cross-entropy of a model and its gradient at every parameter.
 */
import { lowerToBlocks, withoutRoundTrips } from "./blocked/lower.ts";
import { blockedRules } from "./blocked/rules.ts";
import { GraphBuilder } from "./builder.ts";
import { differentiate } from "./differentiate.ts";
import { foldBatchNormalization } from "./fold-batch-norm.ts";
import { foldConstants } from "./fold-constants.ts";
import { inferShapes } from "./infer-shapes.ts";
import { GraphError } from "./model.ts";
import type { Model, Shape } from "./model.ts";
import { OPERATOR_RULES } from "./operators/registry.ts";
import { extract } from "./subgraph.ts";

/** Names of the values that the training graph adds to the model's own. */
export const TARGET = "training/target";
export const LOSS = "training/loss";

/** The model with its inputs' shapes replaced by the given ones, as far as they are given. */
export function withInputShapes(model: Model, shapes: ReadonlyMap<string, Shape>): Model {
  const inputs = model.inputs.map((input) => ({ ...input, shape: shapes.get(input.name) ?? input.shape }));
  return { ...model, inputs, outputs: model.outputs.map((output) => ({ ...output, shape: null })) };
}

/** The model with the named initializers as inputs. @throws GraphError for a name that is none of float32 */
function withInputsFor(model: Model, parameters: readonly string[]): Model {
  const inputs = parameters.map((name) => {
    const tensor = model.initializers.get(name);
    if (tensor?.type !== "float32") {
      const found = tensor ? `is ${tensor.type}` : "is none";
      throw new GraphError(`parameter "${name}" must be a float32 initializer of the model, but ${found}`);
    }
    return { name, type: tensor.type, shape: tensor.shape };
  });
  const trained = new Set(parameters);
  return {
    ...model,
    inputs: [...model.inputs, ...inputs],
    initializers: new Map([...model.initializers].filter(([name]) => !trained.has(name))),
  };
}

/** From here on a model's operators mean the same in each newer set, up to `TRAINING_OPSET`. */
const COMPATIBLE_FROM = 13;
/** Gradients are shorter in it: ScatterElements adds. */
const TRAINING_OPSET = 16;

function raisedOpset(opset: number): number {
  return opset < COMPATIBLE_FROM ? opset : Math.max(opset, TRAINING_OPSET);
}

/**
 * Inputs: the model's, `TARGET` `[N, classes]`, the parameters. Outputs: `LOSS` `[]` = −Σ target · logSoftmax(logits), the
 * logits, and the gradient of the loss at each parameter under its `gradientName`.
 * @param model the model, its inputs of fixed shape
 * @param logits name of a value `[N, classes]`
 * @param block channels that the runtime's blocked kernels take together; without it, standard operators only
 */
export function trainingGraph(
  model: Model,
  logits: string,
  parameters: readonly string[],
  block?: number,
): Model {
  const folded = foldBatchNormalization(foldConstants(withInputsFor(extract(model, [logits]), parameters)));
  const trained = { ...folded, opset: raisedOpset(folded.opset) };
  const graph = new GraphBuilder(block === undefined ? trained : lowerToBlocks(trained, block, parameters));
  const target = graph.input(TARGET, inferShapes(trained)(logits));
  const logProbability = graph.add("LogSoftmax", [logits], { axis: -1 });
  const likelihood = graph.add("Mul", [target, logProbability]);
  graph.add("Neg", [graph.add("ReduceSum", [likelihood], { keepdims: 0 })], {}, LOSS);
  graph.output(LOSS, LOSS, []);
  const rules = block === undefined ? OPERATOR_RULES : { ...OPERATOR_RULES, ...blockedRules(block) };
  const whole = differentiate(graph.build(), { of: LOSS, withRespectTo: parameters }, rules);
  return extract(
    withoutRoundTrips(whole),
    whole.outputs.map(({ name }) => name),
  );
}
