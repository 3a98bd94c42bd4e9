import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import { withHalfWeights } from "./half-weights.ts";
import { writeOnnx } from "./onnx-file.ts";
import { Session } from "./session.ts";
import { float16ToNumber, floats, numberToFloat16 } from "./tensor.ts";

describe("half precision", () => {
  it.each([
    // IEEE 754 binary16: value, bits
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65520, 0x7c00], // half-way to the first number there is no room for
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000], // a tie, to even
    [1 + 2 ** -11, 0x3c00], // a tie, to even
    [1 + 3 * 2 ** -11, 0x3c02],
    [0.1, 0x2e66],
    [Infinity, 0x7c00],
  ])("of %f is %i", (value, bits) => {
    expect(numberToFloat16(value)).toBe(bits);
  });

  it("gives every half-precision number its own bits", () => {
    for (let bits = 0; bits < 0x7c00; bits++) expect(numberToFloat16(float16ToNumber(bits))).toBe(bits);
  });

  it("halves the matrices of a model and computes with the rounded values", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["N", 1]);
    const weight = graph.constant(floats([64, 1], new Float32Array(64).fill(0.1)), "w");
    graph.add("Gemm", [x, weight, graph.constant(floats([64], new Float32Array(64).fill(0.1)))], {
      transB: 1,
    });
    const [last] = graph.build().nodes;
    graph.output(last?.outputs[0] ?? "", "y");
    const model = graph.build();
    const half = withHalfWeights(model);
    expect(writeOnnx(model).length - writeOnnx(half).length).toBeGreaterThan(64);
    const session = await Session.load(half);
    const { y } = await session.run({ x: floats([1, 1], [1]) });
    await session.dispose();
    // 0.1 is 0.0999755859375 in half precision; the bias stays 0.1.
    expect(Number(y?.data[0])).toBeCloseTo(0.0999755859375 + 0.1, 7);
  });
});
