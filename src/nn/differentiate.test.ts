/**
 * @file Gradients against central finite differences, one graph per operator; both sides run in ONNX Runtime.
 */
import { describe, expect, it } from "vitest";

import { GraphBuilder, float } from "./builder.ts";
import { differentiate, gradientName } from "./differentiate.ts";
import type { Model, Shape } from "./model.ts";
import { Session } from "./session.ts";
import { floats, sizeOf } from "./tensor.ts";
import type { FloatTensor } from "./tensor.ts";

/** Step of the differences: float32 results leave about 1e-4 of error in the quotient. */
const STEP = 1e-2;
const TOLERANCE = 5e-3;

/** Values spread over -2…2 that never come near the kinks at 0 and ±3, and are never equal. */
function spread(shape: readonly number[], phase: number, positive = false): FloatTensor {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const value = 2 * Math.sin(1.7 * i + phase);
    return positive ? Math.abs(value) + 0.5 : value + Math.sign(value) * 0.1;
  });
  return floats(shape, values);
}

interface Case {
  readonly name: string;
  /** Shapes of the inputs; the gradient is taken with respect to each. */
  readonly shapes: readonly (readonly number[])[];
  /** Shapes the graph declares; as above where left out. */
  readonly declared?: readonly Shape[];
  readonly build: (graph: GraphBuilder, inputs: readonly string[]) => string;
  /** Make all values positive (for Log and divisors). */
  readonly positive?: boolean;
}

const unary = (operator: string, attributes = {}, positive = false): Case => ({
  name: `${operator} ${JSON.stringify(attributes)}`,
  shapes: [[2, 3, 4]],
  build: (g, [x = ""]) => g.add(operator, [x], attributes),
  positive,
});

const CASES: readonly Case[] = [
  ...["Relu", "Sigmoid", "Tanh", "HardSwish", "Neg", "Exp", "Identity", "Softmax", "LogSoftmax"].map((op) =>
    unary(op),
  ),
  unary("Log", {}, true),
  unary("HardSigmoid", { alpha: float(1 / 6), beta: float(0.5) }),
  unary("Softmax", { axis: 1 }),
  unary("LogSoftmax", { axis: 0 }),
  unary("Transpose", { perm: [2, 0, 1] }),
  unary("Transpose"),
  unary("Flatten", { axis: 2 }),
  unary("ReduceMean", { axes: [1], keepdims: 0 }),
  unary("ReduceMean", { axes: [-1, 0], keepdims: 1 }),
  unary("ReduceMean"),
  unary("ReduceMax", { axes: [2], keepdims: 0 }),
  unary("ReduceMax", { axes: [0, 1] }),
  ...["Add", "Sub", "Mul"].flatMap((op): Case[] => [
    {
      name: op,
      shapes: [
        [2, 3],
        [2, 3],
      ],
      build: (g, inputs) => g.add(op, inputs),
    },
    {
      name: `${op}, broadcast`,
      shapes: [
        [2, 3, 4],
        [3, 1],
      ],
      build: (g, inputs) => g.add(op, inputs),
    },
    { name: `${op}, scalar first`, shapes: [[], [2, 2]], build: (g, inputs) => g.add(op, inputs) },
  ]),
  {
    name: "Div, broadcast",
    shapes: [[2, 3], [3]],
    positive: true,
    build: (g, inputs) => g.add("Div", inputs),
  },
  { name: "Mul with itself", shapes: [[2, 3]], build: (g, [x = ""]) => g.add("Mul", [x, x]) },
  ...[0, 1].flatMap((transA) =>
    [0, 1].map((transB): Case => ({
      name: `Gemm transA=${transA} transB=${transB}`,
      shapes: [transA ? [4, 2] : [2, 4], transB ? [3, 4] : [4, 3], [3]],
      build: (g, inputs) => g.add("Gemm", inputs, { transA, transB, alpha: float(0.5), beta: float(2) }),
    })),
  ),
  {
    name: "MatMul",
    shapes: [
      [2, 4],
      [4, 3],
    ],
    build: (g, inputs) => g.add("MatMul", inputs),
  },
  {
    name: "MatMul, shared right",
    shapes: [
      [2, 3, 4],
      [4, 2],
    ],
    build: (g, inputs) => g.add("MatMul", inputs),
  },
  {
    name: "ReduceSum of an axis",
    shapes: [[2, 3, 4]],
    build: (g, [x = ""]) => g.add("ReduceSum", [x, g.ints([1])], { keepdims: 0 }),
  },
  {
    name: "ReduceMean, lengths unknown",
    shapes: [[2, 3, 4]],
    declared: [["N", "H", "W"]],
    build: (g, [x = ""]) => g.add("ReduceMean", [x], { axes: [1, 2] }),
  },
  ...["GlobalAveragePool", "GlobalMaxPool"].map((op): Case => ({
    name: op,
    shapes: [[2, 3, 4, 5]],
    declared: [["N", 3, "H", "W"]],
    build: (g, [x = ""]) => g.add(op, [x]),
  })),
  {
    name: "Reshape with an inferred length",
    shapes: [[2, 3, 4]],
    declared: [["N", 3, 4]],
    build: (g, [x = ""]) => g.add("Reshape", [x, g.ints([0, -1])]),
  },
  {
    name: "Unsqueeze then Squeeze",
    shapes: [[2, 3]],
    build: (g, [x = ""]) => g.add("Squeeze", [g.add("Unsqueeze", [x, g.ints([1, 3])]), g.ints([3])]),
  },
  {
    name: "Concat",
    shapes: [
      [2, 3, 2],
      [2, 1, 2],
    ],
    declared: [
      ["N", 3, 2],
      ["N", 1, 2],
    ],
    build: (g, inputs) => g.add("Concat", inputs, { axis: 1 }),
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

/** Half the sum of squares of the result: its gradient depends on every element. */
function objective({ shapes, declared, build }: Case): Model {
  const graph = new GraphBuilder();
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, declared?.[i] ?? shape));
  const result = build(graph, inputs);
  const squares = graph.add("ReduceSum", [graph.add("Mul", [result, result])], { keepdims: 0 });
  graph.output(graph.add("Mul", [squares, graph.scalar(0.5)]), "total");
  return graph.build();
}

async function numbers(session: Session, feeds: Record<string, FloatTensor>, output: string) {
  const value = (await session.run(feeds, [output]))[output];
  if (value?.type !== "float32") throw new Error(`no float output ${output}`);
  return value;
}

describe("differentiate", () => {
  it.each(CASES.map((c) => [c.name, c] as const))("%s", async (_name, testCase) => {
    const model = objective(testCase);
    const names = model.inputs.map(({ name }) => name);
    const session = await Session.load(differentiate(model, { of: "total", withRespectTo: names }), {
      threads: 1,
    });
    const feeds = Object.fromEntries(
      testCase.shapes.map((shape, i): [string, FloatTensor] => [
        `x${i}`,
        spread(shape, i + 0.3, testCase.positive),
      ]),
    );
    for (const [name, tensor] of Object.entries(feeds)) {
      const gradient = await numbers(session, feeds, gradientName(name));
      expect(gradient.shape).toEqual(tensor.shape);
      for (let i = 0; i < tensor.data.length; i++) {
        const totals = [];
        for (const step of [STEP, -STEP]) {
          const moved = floats(tensor.shape, Float32Array.from(tensor.data));
          moved.data[i] = (moved.data[i] ?? 0) + step;
          totals.push((await numbers(session, { ...feeds, [name]: moved }, "total")).data[0] ?? NaN);
        }
        const expected = ((totals[0] ?? NaN) - (totals[1] ?? NaN)) / (2 * STEP);
        const actual = gradient.data[i] ?? NaN;
        expect(Math.abs(actual - expected), `${name}[${i}]: ${actual} for ${expected}`).toBeLessThan(
          TOLERANCE * (1 + Math.abs(expected)),
        );
      }
    }
    await session.dispose();
  });

  it("shares a maximum between equal elements", async () => {
    const graph = new GraphBuilder();
    graph.output(graph.add("ReduceMax", [graph.input("x", [4])], { keepdims: 0 }), "largest");
    const session = await Session.load(differentiate(graph.build(), { of: "largest", withRespectTo: ["x"] }));
    const gradient = await numbers(session, { x: floats([4], [3, 1, 3, 2]) }, gradientName("x"));
    expect([...gradient.data]).toEqual([0.5, 0, 0.5, 0]);
    await session.dispose();
  });

  it("differentiates with respect to a value in the middle and to a constant", async () => {
    const graph = new GraphBuilder();
    graph.add("Mul", [graph.input("x", [2]), graph.constant(floats([2], [3, 4]), "w")], {}, "middle");
    graph.output(graph.add("Mul", ["middle", "middle"]), "y");
    const model = differentiate(graph.build(), { of: "y", withRespectTo: ["middle", "w"] });
    const session = await Session.load(model);
    const feeds = { x: floats([2], [1, 2]) };
    // middle = (3, 8); dy/dmiddle = 2 middle; dy/dw = 2 middle x
    expect([...(await numbers(session, feeds, gradientName("middle"))).data]).toEqual([6, 16]);
    expect([...(await numbers(session, feeds, gradientName("w"))).data]).toEqual([6, 32]);
    await session.dispose();
  });

  it("names the node that has no rule", () => {
    const graph = new GraphBuilder();
    graph.output(graph.add("Erf", [graph.input("x", [2])], {}, "bell"), "y");
    expect(() => differentiate(graph.build(), { of: "y", withRespectTo: ["x"] })).toThrow(
      /Erf node "bell" has no gradient rule/,
    );
  });

  it("says when a value does not exist or does not matter", () => {
    const graph = new GraphBuilder();
    graph.input("unused", [2]);
    graph.output(graph.add("Relu", [graph.input("x", [2])]), "y");
    const model = graph.build();
    expect(() => differentiate(model, { of: "z", withRespectTo: ["x"] })).toThrow('no value named "z"');
    expect(() => differentiate(model, { of: "y", withRespectTo: ["unused"] })).toThrow(
      '"y" does not depend on "unused"',
    );
  });
});
