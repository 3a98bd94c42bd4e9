import { describe, expect, it } from "vitest";

import { GraphBuilder, float } from "./builder.ts";
import { readOnnx, writeOnnx } from "./onnx-file.ts";
import { raiseOpset } from "./raise-opset.ts";
import { Session } from "./session.ts";
import { floats, scalar, sizeOf } from "./tensor.ts";

/** Each operator in the form an old operator set has it; `x` is `[2, 3, 4]`. */
const OLD: readonly [name: string, opset: number, build: (g: GraphBuilder, x: string) => string][] = [
  [
    "Squeeze and Unsqueeze",
    12,
    (g, x) => g.add("Squeeze", [g.add("Unsqueeze", [x], { axes: [0] })], { axes: [0] }),
  ],
  ["ReduceSum", 11, (g, x) => g.add("ReduceSum", [x], { axes: [1], keepdims: 0 })],
  ["Split", 12, (g, x) => g.addNode("Split", [x], { axis: 2, split: [1, 3] }, ["a", "b"])[1] ?? ""],
  ["Softmax of rows", 12, (g, x) => g.add("Softmax", [x])],
  ["LogSoftmax of all", 9, (g, x) => g.add("LogSoftmax", [x], { axis: 0 })],
  ["Softmax of the last axis", 12, (g, x) => g.add("Softmax", [x], { axis: -1 })],
  ["Clip", 7, (g, x) => g.add("Clip", [x], { min: float(-0.5), max: float(1) })],
  ["Clip with one bound", 10, (g, x) => g.add("Clip", [x], { max: float(1) })],
  ["Pad", 7, (g, x) => g.add("Pad", [x], { pads: [0, 1, 0, 0, 0, 2], value: float(7) })],
  ["Pad reflect", 10, (g, x) => g.add("Pad", [x], { pads: [0, 1, 0, 0, 0, 2], mode: "reflect" })],
  ["Slice", 9, (g, x) => g.add("Slice", [x], { starts: [1, -3], ends: [3, 9], axes: [1, 2] })],
  ["Dropout", 10, (g, x) => g.add("Dropout", [x], { ratio: float(0.3) })],
  [
    "Upsample by attribute",
    7,
    (g, x) => g.add("Upsample", [x], { scales: { kind: "floats", value: [1, 2, 1.5] } }),
  ],
  ["Upsample by input", 9, (g, x) => g.add("Upsample", [x, g.constant(floats([3], [1, 2, 1]))])],
  ["Resize", 10, (g, x) => g.add("Resize", [x, g.constant(floats([3], [1, 2, 0.5]))], { mode: "nearest" })],
  [
    "Resize linear",
    10,
    (g, x) => g.add("Resize", [x, g.constant(floats([3], [1, 2, 2]))], { mode: "linear" }),
  ],
  [
    "BatchNormalization",
    7,
    (g, x) =>
      g.add(
        "BatchNormalization",
        [x, ...["s", "b", "m", "v"].map((name) => g.constant(floats([3], [1, 2, 3]), name))],
        { spatial: 1 },
      ),
  ],
];

async function result(model: Uint8Array) {
  const session = await Session.load(model);
  const x = floats(
    [2, 3, 4],
    Array.from({ length: sizeOf([2, 3, 4]) }, (_, i) => 2 * Math.sin(i)),
  );
  const { y } = await session.run({ x });
  await session.dispose();
  return y;
}

describe("raiseOpset", () => {
  it.each(OLD)("%s of operator set %i computes the same in 13", async (_name, opset, build) => {
    const graph = new GraphBuilder(opset);
    graph.output(build(graph, graph.input("x", [2, 3, 4])), "y");
    const old = writeOnnx(graph.build());
    const raised = readOnnx(old);
    expect(raised.opset).toBe(13);
    expect(await result(writeOnnx(raised))).toEqual(await result(old));
  });

  it("leaves newer models alone and refuses older ones", () => {
    const graph = new GraphBuilder(17);
    graph.output(graph.constant(scalar(1), "one"));
    const model = graph.build();
    expect(raiseOpset(model)).toBe(model);
    expect(() => raiseOpset({ ...model, opset: 6 })).toThrow("operator set 6: 7 or newer is needed");
  });
});
