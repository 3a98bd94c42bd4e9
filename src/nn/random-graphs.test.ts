/**
 * @file Random graphs: values with several users, branches that join, every family of operators between. The gradient
 * along a random direction against the difference of the objective along it.
 */
import { describe, expect, it } from "vitest";

import { between } from "../../scripts/oracle/formula.ts";
import { GraphBuilder } from "./builder.ts";
import { differentiate, gradientName } from "./differentiate.ts";
import { numbers } from "./operators/test-cases/case.ts";
import { Session } from "./session.ts";
import { floats, sizeOf } from "./tensor.ts";
import type { FloatTensor } from "./tensor.ts";

/** Every value of a graph has this shape. */
const SHAPE = [2, 4, 6, 6];
const NODES = 10;
const GRAPHS = 30;

/** Of the difference, in lengths of the direction; the operators are smooth, so the error is of its square. */
const STEP = 4e-2;
/** Of the gradient's length: the third derivative of ten operators in a row, and float32's error in the objective. */
const TOLERANCE = 2e-2;

interface Draw {
  readonly graph: GraphBuilder;
  /** Any earlier value. */
  readonly value: () => string;
  /** A new weight of a shape, differentiated too. */
  readonly weight: (shape: readonly number[]) => string;
}

/** Smooth operators that give a value of `SHAPE`. */
const OPERATORS: readonly ((draw: Draw) => string)[] = [
  ...["Sigmoid", "Tanh", "Softplus", "Erf"].map((operator) => ({ graph, value }: Draw) => {
    return graph.add(operator, [value()]);
  }),
  ...["Add", "Sub", "Mul"].map((operator) => ({ graph, value }: Draw) => {
    return graph.add("Tanh", [graph.add(operator, [value(), value()])]);
  }),
  ({ graph, value }) => graph.add("Softmax", [value()], { axis: 1 }),
  ({ graph, value, weight }) => graph.add("Add", [value(), weight([4, 1, 1])]),
  ({ graph, value, weight }) => graph.add("MatMul", [value(), weight([6, 6])]),
  ({ graph, value, weight }) => graph.add("Conv", [value(), weight([4, 4, 1, 1])]),
  ({ graph, value, weight }) => {
    return graph.add("Conv", [value(), weight([4, 1, 3, 3])], { pads: [1, 1, 1, 1], group: 4 });
  },
  ({ graph, value, weight }) => {
    return graph.add("Conv", [graph.add("Concat", [value(), value()], { axis: 1 }), weight([4, 8, 1, 1])]);
  },
  ({ graph, value, weight }) => graph.add("InstanceNormalization", [value(), weight([4]), weight([4])]),
  ({ graph, value, weight }) => graph.add("LayerNormalization", [value(), weight([6]), weight([6])]),
  ({ graph, value }) => {
    return graph.add("AveragePool", [value()], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  },
  ({ graph, value }) => {
    const sizes = graph.ints([2, 4, 3, 3]);
    const small = graph.add("Resize", [value(), "", "", sizes], { mode: "linear" });
    return graph.add("Resize", [small, "", graph.constant(floats([4], [1, 1, 2, 2]))], { mode: "nearest" });
  },
  ({ graph, value }) => {
    const padded = graph.add("Pad", [value(), graph.ints([0, 0, 1, 2, 0, 0, 2, 1])], { mode: "reflect" });
    const bounds = [
      [0, 3],
      [6, 9],
      [2, 3],
    ].map((values) => graph.ints(values));
    return graph.add("Slice", [padded, ...bounds]);
  },
  ({ graph, value }) => {
    const names = [graph.freeName("Split"), graph.freeName("Rest")];
    const [a = "", b = ""] = graph.addNode("Split", [value(), graph.ints([1, 3])], { axis: 1 }, names);
    return graph.add("Concat", [graph.add("Tanh", [b]), a], { axis: 1 });
  },
  ({ graph, value }) => {
    const pooled = graph.add("Sigmoid", [graph.add("GlobalAveragePool", [value()])]);
    return graph.add("Mul", [value(), pooled]);
  },
  ({ graph, value }) => {
    const rows = graph.add("Reshape", [value(), graph.ints([0, 4, -1])]);
    const turned = graph.add("Transpose", [
      graph.add("Gather", [rows, graph.ints([3, 0, 0, 1])], { axis: 1 }),
    ]);
    return graph.add("Reshape", [graph.add("Transpose", [turned]), graph.ints(SHAPE)]);
  },
];

/** The objective "total" of a random graph, and the feeds of all that it is differentiated by. */
function randomGraph(seed: number) {
  const graph = new GraphBuilder(17);
  const feeds: Record<string, FloatTensor> = { x: floats(SHAPE, between(seed, sizeOf(SHAPE), -1, 1)) };
  const values = [graph.input("x", ["N", ...SHAPE.slice(1)])];
  const random = between(seed + 1, 4 * NODES, 0, 1);
  let drawn = 0;
  const below = (count: number): number => Math.floor((random[drawn++ % random.length] ?? 0) * count);
  const draw: Draw = {
    graph,
    value: () => values.at(-1 - below(Math.min(3, values.length))) ?? "x",
    weight: (shape) => {
      const name = `w${Object.keys(feeds).length}`;
      feeds[name] = floats(shape, between(seed + drawn, sizeOf(shape), -0.5, 0.5));
      return graph.input(name, shape);
    },
  };
  for (let i = 0; i < NODES; i++) {
    values.push(OPERATORS[below(OPERATORS.length)]?.(draw) ?? "x");
  }
  const coefficients = graph.constant(floats(SHAPE, between(seed + 2, sizeOf(SHAPE), -1, 1)));
  const all = values.reduce((sum, value) => graph.add("Add", [sum, value]));
  graph.output(graph.add("ReduceSum", [graph.add("Mul", [all, coefficients])], { keepdims: 0 }), "total");
  return { model: graph.build(), feeds };
}

describe("gradients of random graphs", () => {
  it.each(Array.from({ length: GRAPHS }, (_, i) => 1000 * (i + 1)))("seed %i", async (seed) => {
    const { model, feeds } = randomGraph(seed);
    const used = new Set(model.nodes.flatMap(({ inputs }) => inputs));
    const withRespectTo = Object.keys(feeds).filter((name) => used.has(name));
    const session = await Session.load(differentiate(model, { of: "total", withRespectTo }), { threads: 1 });
    for (const name of withRespectTo) {
      const { shape, data } = feeds[name] ?? floats([0], []);
      const gradient = (await numbers(session, feeds, gradientName(name))).data;
      const length = Math.hypot(...gradient);
      const totals = [];
      for (const step of [STEP, -STEP]) {
        const moved = floats(
          shape,
          data.map((value, i) => value + (step * (gradient[i] ?? 0)) / (length || 1)),
        );
        totals.push((await numbers(session, { ...feeds, [name]: moved }, "total")).data[0] ?? NaN);
      }
      const slope = ((totals[0] ?? NaN) - (totals[1] ?? NaN)) / (2 * STEP);
      expect(Math.abs(slope - length), `${name}: ${length} for ${slope}`).toBeLessThan(
        TOLERANCE * (1 + length),
      );
    }
    await session.dispose();
  });
});
