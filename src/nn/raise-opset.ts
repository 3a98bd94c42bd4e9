/**
 * @file Older models in the words of operator set 13: what later sets changed is rewritten, the rest is the same.
 *
 * From 7 on, where broadcasting became NumPy's. Sources: the version tables of github.com/onnx/onnx,
 * `docs/Changelog.md`.
 */
import { GraphError, describeNode, floatAttribute, intAttribute, intsAttribute } from "./model.ts";
import type { Attributes, Model, Node } from "./model.ts";
import { floats, ints, scalar } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

const OLDEST = 7;
const RAISED_TO = 13;

/** What a node becomes, and the constants that its attributes turned into. */
interface Raised {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
}

type Rewrite = (node: Node) => Raised;

function without(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

/** The node with constants as further inputs, in place of the attributes that said the same. */
function withInputs(
  node: Node,
  attributes: readonly string[],
  values: readonly (Tensor | undefined)[],
): Raised {
  const constants = new Map<string, Tensor>();
  const added = values.map((tensor, index) => {
    const name = `${node.outputs[0] ?? ""}/${node.operator.toLowerCase()}-${index}`;
    if (tensor) constants.set(name, tensor);
    return tensor ? name : "";
  });
  const inputs = [...node.inputs, ...added];
  while (inputs.at(-1) === "") inputs.pop();
  return { nodes: [{ ...node, inputs, attributes: without(node.attributes, attributes) }], constants };
}

/** A list attribute that became the second input. */
const listToInput =
  (attribute: string): Rewrite =>
  (node) => {
    const values = intsAttribute(node, attribute);
    return values ? withInputs(node, [attribute], [ints(values)]) : unchanged(node);
  };

const unchanged: Rewrite = (node) => ({ nodes: [node], constants: new Map() });

/** Until 12, softmax was of the rows of a matrix: the axes before `axis` by all the others. */
const softmaxOfRows: Rewrite = (node) => {
  const axis = intAttribute(node, "axis", 1);
  const [input = "", output = ""] = [node.inputs[0], node.outputs[0]];
  if (axis === -1) return unchanged(node);
  const [rows, result, shape] = [`${output}/rows`, `${output}/softmax`, `${output}/shape`];
  const step = (
    operator: string,
    inputs: readonly string[],
    to: string,
    attributes: Attributes = {},
  ): Node => ({
    ...{ name: to === output ? node.name : to, operator, inputs, outputs: [to], attributes },
  });
  return {
    nodes: [
      step("Flatten", [input], rows, { axis: { kind: "int", value: axis } }),
      step(node.operator, [rows], result, { axis: { kind: "int", value: -1 } }),
      step("Shape", [input], shape),
      step("Reshape", [result, shape], output),
    ],
    constants: new Map(),
  };
};

/** A float attribute as a scalar, where the node has it. */
function scalarOf(node: Node, name: string): Tensor | undefined {
  return node.attributes[name] ? scalar(floatAttribute(node, name, 0)) : undefined;
}

const clip: Rewrite = (node) =>
  withInputs(node, ["min", "max"], [scalarOf(node, "min"), scalarOf(node, "max")]);

const pad: Rewrite = (node) =>
  withInputs(node, ["pads", "value"], [ints(intsAttribute(node, "pads") ?? []), scalarOf(node, "value")]);

const slice: Rewrite = (node) => {
  const lists = ["starts", "ends", "axes"].map((name) => intsAttribute(node, name));
  return withInputs(
    node,
    ["starts", "ends", "axes"],
    lists.map((values) => values && ints(values)),
  );
};

/** Upsample, and Resize before 11: each output pixel from `floor(index / scale)` on. */
const upsample: Rewrite = (node) => {
  const { scales } = node.attributes;
  const listed = scales?.kind === "floats" ? floats([scales.value.length], scales.value) : undefined;
  const [x = "", given = ""] = node.inputs;
  const attributes: Attributes = {
    ...node.attributes,
    coordinate_transformation_mode: { kind: "string", value: "asymmetric" },
    nearest_mode: { kind: "string", value: "floor" },
  };
  const resize = { ...node, operator: "Resize", inputs: [x, "", ...(listed ? [] : [given])], attributes };
  return withInputs(resize, ["scales"], [listed]);
};

const batchNormalization: Rewrite = (node) => {
  if (intAttribute(node, "spatial", 1) !== 1) {
    throw new GraphError(`${describeNode(node)}: spatial = 0 was removed from ONNX; export the model again`);
  }
  return { ...unchanged(node), nodes: [{ ...node, attributes: without(node.attributes, ["spatial"]) }] };
};

const dropout: Rewrite = (node) => {
  return { ...unchanged(node), nodes: [{ ...node, attributes: without(node.attributes, ["ratio"]) }] };
};

/** Operator → the first set that does not need the rewrite, and the rewrite. */
const REWRITES: Readonly<Record<string, readonly [until: number, rewrite: Rewrite]>> = {
  Squeeze: [13, listToInput("axes")],
  Unsqueeze: [13, listToInput("axes")],
  ReduceSum: [13, listToInput("axes")],
  Split: [13, listToInput("split")],
  Softmax: [13, softmaxOfRows],
  LogSoftmax: [13, softmaxOfRows],
  Dropout: [12, dropout],
  Clip: [11, clip],
  Pad: [11, pad],
  Resize: [11, upsample],
  Upsample: [10, upsample],
  Slice: [10, slice],
  BatchNormalization: [9, batchNormalization],
};

/**
 * The same model in operator set 13; one that is as new, or newer, as it is.
 * @throws GraphError when it is too old
 */
export function raiseOpset(model: Model): Model {
  const { opset } = model;
  if (opset >= RAISED_TO) return model;
  if (opset < OLDEST) {
    throw new GraphError(
      `the ONNX model is of operator set ${opset}: ${OLDEST} or newer is needed; export it again, ` +
        `or convert it with onnx.version_converter`,
    );
  }
  const raised = model.nodes.map((node): Raised => {
    const [until, rewrite] = REWRITES[node.operator] ?? [0, unchanged];
    return opset < until ? rewrite(node) : unchanged(node);
  });
  return {
    ...model,
    opset: RAISED_TO,
    nodes: raised.flatMap(({ nodes }) => nodes),
    initializers: new Map([...model.initializers, ...raised.flatMap(({ constants }) => [...constants])]),
  };
}
