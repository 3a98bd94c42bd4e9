import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import onnxProto from "onnx-proto";
import { describe, expect, it } from "vitest";

import { GraphBuilder, float } from "./builder.ts";
import { readOnnx, writeOnnx } from "./onnx-file.ts";
import { Session } from "./session.ts";
import { floats } from "./tensor.ts";

const { onnx } = onnxProto;

/** A file written by another program's rules: values in typed lists instead of raw bytes. */
function typedListModel(change: Record<string, unknown> = {}): Uint8Array {
  const value = (name: string) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "N" }, { dimValue: 2 }] } } },
  });
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 13 }],
    graph: {
      input: [value("x")],
      output: [value("y")],
      initializer: [{ name: "w", dims: [2], dataType: 1, floatData: [3, 4] }],
      node: [{ opType: "Mul", name: "scale", input: ["x", "w"], output: ["y"], ...change }],
    },
  }).finish();
}

describe("readOnnx", () => {
  it("reads values from typed lists, symbolic lengths and the operator set", async () => {
    const model = readOnnx(typedListModel());
    expect(model.opset).toBe(13);
    expect(model.inputs).toEqual([{ name: "x", type: "float32", shape: ["N", 2] }]);
    expect(model.initializers.get("w")).toEqual({ type: "float32", shape: [2], data: Float32Array.of(3, 4) });
    const session = await Session.load(model);
    const { y } = await session.run({ x: floats([1, 2], [5, 6]) });
    expect([...(y?.data ?? [])]).toEqual([15, 24]);
    await session.dispose();
  });

  it("says what is wrong with a file", () => {
    expect(() => readOnnx(Buffer.from("not a model at all"))).toThrow(/not an ONNX model/);
    expect(() => readOnnx(new Uint8Array())).toThrow("no graph with nodes");
    expect(() => readOnnx(typedListModel({ domain: "com.microsoft" }))).toThrow(
      'node "scale" (Mul) is of domain "com.microsoft"',
    );
    expect(() => readOnnx(typedListModel({ attribute: [{ name: "body", type: 5, g: {} }] }))).toThrow(
      'attribute "body" is a graph',
    );
  });
});

describe("writeOnnx", () => {
  it("keeps every kind of attribute and type of constant", () => {
    const graph = new GraphBuilder();
    graph.constant({ type: "uint8", shape: [2], data: Uint8Array.of(1, 255) }, "bytes");
    graph.constant({ type: "float16", shape: [1], data: Uint16Array.of(0x3c00) }, "half");
    graph.constant({ type: "int64", shape: [1], data: BigInt64Array.of(2n ** 63n - 1n) }, "end");
    graph.add("Any", [graph.input("x", ["N", 3])], {
      int: -2,
      float: float(0.5),
      text: "SAME_UPPER",
      ints: [1, -1],
      floats: { kind: "floats", value: [0.25] },
      texts: { kind: "strings", value: ["a", "ä"] },
      tensor: { kind: "tensor", value: floats([1], [7]) },
    });
    const model = graph.build();
    expect(readOnnx(writeOnnx(model))).toEqual(model);
  });

  it("gives the same bytes for the same model", () => {
    const model = readOnnx(typedListModel());
    expect(Buffer.from(writeOnnx(model)).equals(writeOnnx(model))).toBe(true);
  });
});

const models = process.env["FIRSTREAD_MODELS"] ?? join(import.meta.dirname, "../../../shared/models");
const reference = join(models, "coral_mnv2_ptq.onnx");

describe.skipIf(!existsSync(reference))(`models of other programs (skipped without ${models})`, () => {
  it("computes the same after reading and writing", async () => {
    const bytes = readFileSync(reference);
    const image = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i / 97));
    const outputs = [];
    for (const model of [bytes, writeOnnx(readOnnx(bytes))]) {
      const session = await Session.load(model);
      outputs.push((await session.run({ input: floats([1, 3, 224, 224], image) }, ["f0"]))["f0"]?.data);
      await session.dispose();
    }
    expect(outputs[1]).toEqual(outputs[0]);
  });
});
