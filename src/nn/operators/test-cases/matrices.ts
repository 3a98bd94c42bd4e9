/** @file Test cases: matrix products, reductions, softmax, normalizations, and a whole head. */
import { float } from "../../builder.ts";
import { unary } from "./case.ts";
import type { GradientCase } from "./case.ts";

const product = (name: string, a: readonly number[], b: readonly number[]): GradientCase => ({
  name: `MatMul ${name}`,
  shapes: [a, b],
  build: (g, inputs) => g.add("MatMul", inputs),
});

export const MATRIX_CASES: readonly GradientCase[] = [
  ...[0, 1].flatMap((transA) =>
    [0, 1].map((transB): GradientCase => ({
      name: `Gemm transA=${transA} transB=${transB}`,
      shapes: [transA ? [4, 2] : [2, 4], transB ? [3, 4] : [4, 3], [3]],
      build: (g, inputs) => g.add("Gemm", inputs, { transA, transB, alpha: float(0.5), beta: float(2) }),
    })),
  ),
  {
    name: "Gemm without bias",
    shapes: [
      [2, 4],
      [4, 3],
    ],
    build: (g, inputs) => g.add("Gemm", inputs),
  },
  product("of matrices", [2, 4], [4, 3]),
  product("with a shared right side", [2, 3, 4], [4, 2]),
  product("with batches that are broadcast", [2, 1, 3, 4], [5, 4, 2]),
  product("of a vector and a matrix", [4], [4, 3]),
  product("of a matrix and a vector", [2, 4], [4]),
  product("of batches and a vector", [2, 3, 4], [4]),
  product("of two vectors", [4], [4]),
];

/** Axes as an input: ReduceSum since operator set 13, the others since 18. */
const reducedBy = (operator: string, axes: readonly number[], attributes = {}, opset = 18): GradientCase => ({
  name: `${operator} of [${axes.join(", ")}], an input, ${JSON.stringify(attributes)}`,
  shapes: [[2, 3, 4]],
  opset,
  build: (g, [x = ""]) => g.add(operator, [x, g.ints(axes)], attributes),
});

const REDUCTIONS = ["ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"];

export const REDUCTION_CASES: readonly GradientCase[] = [
  ...REDUCTIONS.flatMap((operator) => [
    unary(operator),
    unary(operator, { axes: [1], keepdims: 0 }),
    unary(operator, { axes: [-1, 0] }),
    reducedBy(operator, [-1], { keepdims: 0 }),
  ]),
  unary("ReduceSum", { keepdims: 0 }),
  reducedBy("ReduceSum", [1], { keepdims: 0 }, 13),
  reducedBy("ReduceSum", [0, -1], {}, 13),
  { ...unary("ReduceMean", { noop_with_empty_axes: 1 }), opset: 18 },
  {
    name: "ReduceMean, lengths unknown",
    shapes: [[2, 3, 4]],
    declared: [["N", "H", "W"]],
    build: (g, [x = ""]) => g.add("ReduceMean", [x], { axes: [1, 2] }),
  },
  ...["GlobalAveragePool", "GlobalMaxPool"].flatMap((operator): GradientCase[] => [
    {
      name: `${operator}, lengths unknown`,
      shapes: [[2, 3, 4, 5]],
      declared: [["N", 3, "H", "W"]],
      build: (g, [x = ""]) => g.add(operator, [x]),
    },
    { name: operator, shapes: [[2, 3, 6]], build: (g, [x = ""]) => g.add(operator, [x]) },
  ]),
];

export const NORMALIZATION_CASES: readonly GradientCase[] = [
  unary("Softmax"),
  unary("Softmax", { axis: 1 }),
  unary("LogSoftmax"),
  unary("LogSoftmax", { axis: 0 }),
  {
    name: "LayerNormalization of the last axis",
    shapes: [[2, 3, 4], [4], [4]],
    opset: 17,
    build: (g, inputs) => g.add("LayerNormalization", inputs, { epsilon: float(1e-3) }),
  },
  {
    name: "LayerNormalization of two axes, without bias",
    shapes: [
      [2, 3, 4],
      [3, 4],
    ],
    opset: 17,
    build: (g, inputs) => g.add("LayerNormalization", inputs, { axis: 1 }),
  },
  {
    name: "LayerNormalization of operator set 18",
    shapes: [[3, 4], [4], [4]],
    opset: 18,
    build: (g, inputs) => g.add("LayerNormalization", inputs),
  },
  {
    name: "LayerNormalization as exported before operator set 17",
    shapes: [[2, 3, 4], [4], [4]],
    build: (g, [x = "", scale = "", bias = ""]) => {
      const mean = g.add("ReduceMean", [x], { axes: [-1] });
      const centred = g.add("Sub", [x, mean]);
      const variance = g.add("ReduceMean", [g.add("Pow", [centred, g.scalar(2)])], { axes: [-1] });
      const deviation = g.add("Sqrt", [g.add("Add", [variance, g.scalar(1e-5)])]);
      return g.add("Add", [g.add("Mul", [g.add("Div", [centred, deviation]), scale]), bias]);
    },
  },
  {
    name: "InstanceNormalization",
    shapes: [[2, 3, 2, 3], [3], [3]],
    build: (g, inputs) => g.add("InstanceNormalization", inputs, { epsilon: float(1e-2) }),
  },
  {
    name: "InstanceNormalization of rows",
    shapes: [[2, 2, 5], [2], [2]],
    declared: [["N", 2, "length"], [2], [2]],
    build: (g, inputs) => g.add("InstanceNormalization", inputs),
  },
  {
    name: "a head: pooled, joined, Gemm, log-softmax",
    shapes: [[2, 3, 4, 4], [2, 6], [2]],
    declared: [["N", 3, 4, 4], [2, 6], [2]],
    build: (g, [x = "", w = "", b = ""]) => {
      const pooled = ["GlobalAveragePool", "GlobalMaxPool"].map((op) => g.add("Flatten", [g.add(op, [x])]));
      return g.add("LogSoftmax", [
        g.add("Gemm", [g.add("Concat", pooled, { axis: 1 }), w, b], { transB: 1 }),
      ]);
    },
  },
];
