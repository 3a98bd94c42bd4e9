/**
 * @file Conv, ConvTranspose, the pools and BatchNormalization: shapes against ONNX Runtime's, gradients against central
 * finite differences.
 */
import { describe, expect, it } from "vitest";

import { GraphBuilder, float } from "../builder.ts";
import type { PlainAttributes } from "../builder.ts";
import { differentiate, gradientName } from "../differentiate.ts";
import { inferShapes } from "../infer-shapes.ts";
import type { Model } from "../model.ts";
import { Session } from "../session.ts";
import { floats, sizeOf } from "../tensor.ts";
import type { FloatTensor } from "../tensor.ts";

/** Step of the differences; the totals are quadratic in what is moved, or linear, so it may be large. */
const STEP = 1e-2;
/** What float32 totals leave of error in the quotient, beside 1. */
const TOLERANCE = 1e-2;

interface Case {
  readonly operator: string;
  /** Shapes of image, weights, bias. */
  readonly shapes: readonly (readonly number[])[];
  readonly attributes?: PlainAttributes;
  /** The operator set, where the rule depends on it. */
  readonly opset?: number;
}

const conv = (attributes: PlainAttributes, ...shapes: (readonly number[])[]): Case => ({
  operator: "Conv",
  shapes,
  attributes,
});
const transpose = (attributes: PlainAttributes, ...shapes: (readonly number[])[]): Case => ({
  operator: "ConvTranspose",
  shapes,
  attributes,
});

const CASES: readonly Case[] = [
  conv({}, [2, 3, 4, 4], [4, 3, 1, 1], [4]),
  conv({ pads: [1, 1, 1, 1] }, [2, 3, 4, 5], [2, 3, 3, 3], [2]),
  conv({ strides: [2, 2] }, [2, 2, 5, 4], [3, 2, 1, 1]),
  conv({ strides: [2, 2], pads: [1, 1, 1, 1] }, [2, 2, 6, 5], [2, 2, 3, 3]),
  conv({ strides: [3, 2], pads: [0, 1, 2, 0] }, [1, 2, 8, 7], [2, 2, 2, 3]),
  conv({ strides: [2, 2], pads: [3, 3, 3, 3] }, [1, 1, 8, 8], [2, 1, 7, 7]),
  conv({ dilations: [2, 3], pads: [2, 1, 0, 3] }, [1, 2, 6, 7], [2, 2, 3, 2]),
  conv({ dilations: [2, 2], strides: [2, 2], pads: [2, 2, 2, 2] }, [1, 2, 7, 6], [2, 2, 3, 3]),
  conv({ group: 2, pads: [1, 0, 1, 0] }, [2, 4, 4, 4], [6, 2, 3, 1]),
  conv({ group: 4, pads: [1, 1, 1, 1] }, [2, 4, 4, 4], [4, 1, 3, 3], [4]),
  conv({ group: 3, pads: [1, 1, 1, 1], strides: [2, 2] }, [2, 3, 5, 5], [3, 1, 3, 3]),
  conv({ group: 2, pads: [2, 2, 2, 2], strides: [2, 2] }, [1, 2, 5, 6], [4, 1, 5, 5]),
  conv({ auto_pad: "SAME_UPPER", strides: [2, 2] }, [1, 2, 6, 5], [2, 2, 3, 3]),
  conv({ auto_pad: "SAME_LOWER", strides: [2, 2] }, [1, 2, 6, 5], [2, 2, 3, 3]),
  conv({ auto_pad: "VALID" }, [1, 2, 4, 5], [2, 2, 3, 3]),
  conv({ pads: [2, 1], strides: [2] }, [2, 3, 7], [2, 3, 3], [2]),
  conv({ pads: [1, 1, 1, 1, 1, 1] }, [1, 2, 3, 3, 2], [2, 2, 3, 3, 3]),
  transpose({}, [2, 3, 3, 3], [3, 2, 2, 2], [2]),
  transpose({ strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }, [1, 2, 3, 4], [2, 3, 3, 3], [3]),
  transpose({ strides: [2, 1], pads: [0, 1, 1, 0], group: 2 }, [2, 4, 3, 3], [4, 2, 3, 2]),
  transpose({ dilations: [2, 2], pads: [0, 1, 1, 1] }, [1, 2, 3, 3], [2, 2, 2, 2]),
  transpose({ auto_pad: "SAME_UPPER", strides: [2, 2] }, [1, 2, 3, 3], [2, 2, 3, 3]),
  transpose({ auto_pad: "SAME_LOWER", strides: [2, 2] }, [1, 2, 3, 3], [2, 2, 3, 3]),
  transpose({ output_shape: [6, 5], strides: [2, 2] }, [1, 2, 3, 3], [2, 2, 3, 3]),
  transpose({ strides: [2], pads: [1, 0] }, [2, 2, 4], [2, 2, 3]),
  ...(
    [
      { kernel_shape: [2, 2], strides: [2, 2] },
      { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
      { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
      { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 0, 1], ceil_mode: 1 },
      { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
      { kernel_shape: [3, 2], auto_pad: "SAME_UPPER", strides: [2, 1] },
      { kernel_shape: [2, 2], auto_pad: "SAME_LOWER", strides: [2, 2] },
    ] satisfies PlainAttributes[]
  ).flatMap((attributes): Case[] => [
    { operator: "MaxPool", shapes: [[2, 2, 6, 5]], attributes },
    { operator: "MaxPool", shapes: [[2, 2, 6, 5]], attributes, opset: 16 },
    { operator: "AveragePool", shapes: [[2, 2, 6, 5]], attributes },
    { operator: "AveragePool", shapes: [[2, 2, 6, 5]], attributes: { ...attributes, count_include_pad: 1 } },
  ]),
  { operator: "MaxPool", shapes: [[1, 2, 7, 7]], attributes: { kernel_shape: [2, 3], dilations: [2, 2] } },
  { operator: "MaxPool", shapes: [[2, 2, 7]], attributes: { kernel_shape: [3], strides: [2] } },
  { operator: "AveragePool", shapes: [[2, 2, 7]], attributes: { kernel_shape: [3], pads: [1, 1] } },
  { operator: "BatchNormalization", shapes: [[2, 3, 2, 2], [3], [3], [3], [3]] },
  {
    operator: "BatchNormalization",
    shapes: [[4, 3], [3], [3], [3], [3]],
    attributes: { epsilon: float(0.1) },
  },
];

/**
 * Distinct values over ±2, never nearer to each other than the differences' two steps: a maximum does not change hands.
 * Those of a variance (the fifth input) lie between 0.5 and 2.5.
 */
function spread(shape: readonly number[], index: number): FloatTensor {
  const size = sizeOf(shape);
  const values = Array.from({ length: size }, (_, i) => (4 * ((i * 37 + index) % size)) / size - 2);
  return floats(shape, index === 4 ? values.map((v) => Math.abs(v) + 0.5) : values);
}

/** Half the sum of squares of the operator's result, whose gradient depends on every element. */
function objective({ operator, shapes, attributes, opset }: Case): Model {
  const graph = new GraphBuilder(opset);
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, i === 0 ? ["N", ...shape.slice(1)] : shape));
  graph.output(graph.add(operator, inputs, attributes, "y"));
  const squares = graph.add("ReduceSum", [graph.add("Mul", ["y", "y"])], { keepdims: 0 });
  graph.output(graph.add("Mul", [squares, graph.scalar(0.5)]), "total");
  return graph.build();
}

async function numbers(session: Session, feeds: Record<string, FloatTensor>, output: string) {
  const value = (await session.run(feeds, [output]))[output];
  if (value?.type !== "float32") throw new Error(`no float output ${output}`);
  return value;
}

describe("gradients of windows", () => {
  it.each(
    CASES.map(
      (c) =>
        [
          `${c.operator}${c.opset ?? ""} ${JSON.stringify(c.attributes ?? {})} ${JSON.stringify(c.shapes)}`,
          c,
        ] as const,
    ),
  )("%s", async (_name, testCase) => {
    const model = objective(testCase);
    const names = model.inputs.map(({ name }) => name);
    const session = await Session.load(differentiate(model, { of: "total", withRespectTo: names }), {
      threads: 1,
    });
    const feeds = Object.fromEntries(testCase.shapes.map((shape, i) => [`x${i}`, spread(shape, i)]));
    const batch = testCase.shapes[0]?.[0] ?? 1;
    const inferred = inferShapes(model)("y").map((d) => (d === "N" ? batch : d));
    expect((await numbers(session, feeds, "y")).shape).toEqual(inferred);
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

  it.each([15, 16])(
    "gives a maximum's gradient to the first of equals, as PyTorch does: opset %i",
    async (opset) => {
      const graph = new GraphBuilder(opset);
      const x = graph.input("x", [1, 1, 1, 4]);
      graph.output(graph.add("MaxPool", [x], { kernel_shape: [1, 3], pads: [0, 1, 0, 1] }), "y");
      const session = await Session.load(differentiate(graph.build(), { of: "y", withRespectTo: ["x"] }));
      const gradient = await numbers(session, { x: floats([1, 1, 1, 4], [2, 2, 1, 1]) }, gradientName("x"));
      // Windows (·,2,2) (2,2,1) (2,1,1) (1,1,·): the first 2 wins twice, the second once, the first 1 once.
      expect([...gradient.data]).toEqual([2, 1, 1, 0]);
      await session.dispose();
    },
  );

  it("refuses statistics of the batch, naming the node", () => {
    const graph = new GraphBuilder();
    const inputs = [
      graph.input("x", ["N", 2]),
      ...["s", "b", "m", "v"].map((name) => graph.input(name, [2])),
    ];
    graph.output(graph.add("BatchNormalization", inputs, { training_mode: 1 }, "norm"), "y");
    expect(() => differentiate(graph.build(), { of: "y", withRespectTo: ["x"] })).toThrow(
      /BatchNormalization node "norm" is in training mode/,
    );
  });
});
