/**
 * @file ONNX files: protobuf bytes to and from a `Model` (github.com/onnx/onnx, `onnx.proto`).
 *
 * Models with control flow, local functions, external data or other operator domains are refused by name.
 */
import onnxProto from "onnx-proto";
import type { onnx as proto } from "onnx-proto";

import { GraphError } from "./model.ts";
import { raiseOpset } from "./raise-opset.ts";
import type { Attribute, Dimension, Model, Node, ValueInfo } from "./model.ts";
import { ELEMENT_TYPES, tensorBytes, tensorFromBytes } from "./tensor.ts";
import type { ElementType, Tensor } from "./tensor.ts";

const { onnx } = onnxProto;

/** IR version 8 is what opsets 15 to 17 were published with. */
const IR_VERSION = 8;

const TYPE_OF_NUMBER = new Map<number, ElementType>(
  Object.entries(ELEMENT_TYPES).map(([type, number]) => [number, type as ElementType]),
);

/** A 64-bit integer of protobufjs: a number, or its Long object, whose type it does not export. */
interface ProtoInteger {
  toString(): string;
}

const toText64 = (value: unknown): string => (value as ProtoInteger | null | undefined)?.toString() ?? "0";
const toNumber = (value: unknown): number => Number(toText64(value));
const toText = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString("utf8");

function elementType(number: number | null | undefined, where: string): ElementType {
  const type = TYPE_OF_NUMBER.get(number ?? 0);
  if (!type) throw new GraphError(`${where} has ONNX data type ${number ?? 0}, which is not supported`);
  return type;
}

/** A tensor from its message, whether its values stand as raw bytes or in a typed list. */
function readTensor(message: proto.ITensorProto, where: string): Tensor {
  const type = elementType(message.dataType, where);
  const shape = (message.dims ?? []).map(toNumber);
  if (message.externalData?.length) {
    throw new GraphError(`${where} keeps its data in another file; save the model with its data inside`);
  }
  if (message.rawData?.length) return tensorFromBytes(type, shape, message.rawData);
  switch (type) {
    case "float32":
      return { type, shape, data: Float32Array.from(message.floatData ?? []) };
    case "float64":
      return { type, shape, data: Float64Array.from(message.doubleData ?? []) };
    case "int64":
      return {
        type,
        shape,
        data: BigInt64Array.from(message.int64Data ?? [], (v: unknown) => BigInt(toText64(v))),
      };
    case "int32":
      return { type, shape, data: Int32Array.from(message.int32Data ?? []) };
    case "int8":
      return { type, shape, data: Int8Array.from(message.int32Data ?? []) };
    case "float16":
      return { type, shape, data: Uint16Array.from(message.int32Data ?? []) };
    default:
      return { type, shape, data: Uint8Array.from(message.int32Data ?? []) };
  }
}

function writeTensor(name: string, tensor: Tensor): proto.ITensorProto {
  return {
    name,
    dims: [...tensor.shape],
    dataType: ELEMENT_TYPES[tensor.type],
    rawData: tensorBytes(tensor),
  };
}

function readAttribute(message: proto.IAttributeProto, where: string): Attribute {
  const kinds = onnx.AttributeProto.AttributeType;
  switch (message.type) {
    case kinds.INT:
      return { kind: "int", value: toNumber(message.i) };
    case kinds.FLOAT:
      return { kind: "float", value: message.f ?? 0 };
    case kinds.STRING:
      return { kind: "string", value: toText(message.s) };
    case kinds.TENSOR:
      return { kind: "tensor", value: readTensor(message.t ?? {}, where) };
    case kinds.INTS:
      return { kind: "ints", value: (message.ints ?? []).map(toNumber) };
    case kinds.FLOATS:
      return { kind: "floats", value: message.floats ?? [] };
    case kinds.STRINGS:
      return { kind: "strings", value: (message.strings ?? []).map(toText) };
    default:
      throw new GraphError(`${where}: attribute "${message.name ?? ""}" is a graph or of an unknown kind`);
  }
}

function writeAttribute(name: string, attribute: Attribute): proto.IAttributeProto {
  const kinds = onnx.AttributeProto.AttributeType;
  switch (attribute.kind) {
    case "int":
      return { name, type: kinds.INT, i: attribute.value };
    case "float":
      return { name, type: kinds.FLOAT, f: attribute.value };
    case "string":
      return { name, type: kinds.STRING, s: Buffer.from(attribute.value) };
    case "tensor":
      return { name, type: kinds.TENSOR, t: writeTensor("", attribute.value) };
    case "ints":
      return { name, type: kinds.INTS, ints: [...attribute.value] };
    case "floats":
      return { name, type: kinds.FLOATS, floats: [...attribute.value] };
    case "strings":
      return { name, type: kinds.STRINGS, strings: attribute.value.map((text) => Buffer.from(text)) };
  }
}

function readValue(message: proto.IValueInfoProto): ValueInfo {
  const name = message.name ?? "";
  const tensor = message.type?.tensorType;
  if (!tensor) throw new GraphError(`value "${name}" is not a tensor`);
  // A missing length has a name of its own, so that two unknown lengths are never taken to be equal.
  const shape = tensor.shape?.dim?.map(({ dimValue, dimParam }, axis): Dimension =>
    dimParam ? dimParam : toNumber(dimValue) > 0 ? toNumber(dimValue) : `${name}#${axis}`,
  );
  return { name, type: elementType(tensor.elemType, `value "${name}"`), shape: shape ?? null };
}

function writeValue({ name, type, shape }: ValueInfo): proto.IValueInfoProto {
  const dim = shape?.map((d) => (typeof d === "string" ? { dimParam: d } : { dimValue: d }));
  return {
    name,
    type: { tensorType: { elemType: ELEMENT_TYPES[type], ...(dim ? { shape: { dim } } : {}) } },
  };
}

function readNode(message: proto.INodeProto): Node {
  const where = `node "${message.name ?? ""}" (${message.opType ?? ""})`;
  if (message.domain && message.domain !== "ai.onnx") {
    throw new GraphError(`${where} is of domain "${message.domain}"; only standard operators are supported`);
  }
  return {
    name: message.name ?? "",
    operator: message.opType ?? "",
    inputs: message.input ?? [],
    outputs: message.output ?? [],
    attributes: Object.fromEntries(
      (message.attribute ?? []).map((attribute) => [attribute.name ?? "", readAttribute(attribute, where)]),
    ),
  };
}

/**
 * A model from the bytes of an `.onnx` file; one older than operator set 13 is raised to it.
 * @throws GraphError when the bytes are no ONNX model, or one outside the supported subset
 */
export function readOnnx(bytes: Uint8Array): Model {
  let message: proto.IModelProto;
  try {
    message = onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw new GraphError(`not an ONNX model (${bytes.byteLength} bytes)`, { cause });
  }
  const { graph } = message;
  if (!graph?.node?.length) throw new GraphError("not an ONNX model: it has no graph with nodes");
  const imported = message.opsetImport?.find(({ domain }) => !domain || domain === "ai.onnx");
  const opset = toNumber(imported?.version);
  if (!opset) throw new GraphError("the ONNX model imports no standard operator set");
  if (message.functions?.length) throw new GraphError("ONNX models with local functions are not supported");
  const initializers = new Map(
    (graph.initializer ?? []).map((tensor) => {
      const name = tensor.name ?? "";
      return [name, readTensor(tensor, `initializer "${name}"`)];
    }),
  );
  return raiseOpset({
    opset,
    // Before IR version 4 every initializer was listed as an input too.
    inputs: (graph.input ?? []).filter(({ name }) => !initializers.has(name ?? "")).map(readValue),
    outputs: (graph.output ?? []).map(readValue),
    nodes: graph.node.map(readNode),
    initializers,
  });
}

/** An operator outside the standard set is named with its domain and a dot before it. */
function operatorName(operator: string): { readonly domain: string; readonly opType: string } {
  const dot = operator.lastIndexOf(".");
  return { domain: operator.slice(0, Math.max(0, dot)), opType: operator.slice(dot + 1) };
}

/** The bytes of an `.onnx` file. The same model gives the same bytes. */
export function writeOnnx(model: Model): Uint8Array {
  const domains = new Set(model.nodes.map(({ operator }) => operatorName(operator).domain));
  return onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: "firstread",
    opsetImport: [...domains.add("")].sort().map((domain) => ({ domain, version: domain ? 1 : model.opset })),
    graph: {
      name: "graph",
      input: model.inputs.map(writeValue),
      output: model.outputs.map(writeValue),
      initializer: [...model.initializers].map(([name, tensor]) => writeTensor(name, tensor)),
      node: model.nodes.map(({ name, operator, inputs, outputs, attributes }) => ({
        name,
        ...operatorName(operator),
        input: [...inputs],
        output: [...outputs],
        attribute: Object.entries(attributes).map(([key, value]) => writeAttribute(key, value)),
      })),
    },
  }).finish();
}
