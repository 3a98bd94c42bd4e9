/**
 * @file One graph a test differentiates, and what all such tests do: shapes against ONNX Runtime's, gradients against
 * central finite differences; both sides run in ONNX Runtime.
 */
import { expect } from "vitest";

import { GraphBuilder, OPSET } from "../../builder.ts";
import type { PlainAttributes } from "../../builder.ts";
import { differentiate, gradientName } from "../../differentiate.ts";
import { inferShapes } from "../../infer-shapes.ts";
import type { Model, Shape } from "../../model.ts";
import { Session } from "../../session.ts";
import { floats, sizeOf } from "../../tensor.ts";
import type { FloatTensor } from "../../tensor.ts";

/** Step of the differences: float32 results leave about 1e-4 of error in the quotient. */
const STEP = 1e-2;
const TOLERANCE = 5e-3;

export interface GradientCase {
  readonly name: string;
  /** Shapes of the inputs; the gradient is taken with respect to each. */
  readonly shapes: readonly (readonly number[])[];
  /** Shapes the graph declares; as above where left out. */
  readonly declared?: readonly Shape[];
  readonly build: (graph: GraphBuilder, inputs: readonly string[]) => string;
  /** Make all values positive (for Log and divisors). */
  readonly positive?: boolean;
  readonly opset?: number;
}

/** One operator on one input. */
export function unary(operator: string, attributes: PlainAttributes = {}, positive = false): GradientCase {
  return {
    name: `${operator} ${JSON.stringify(attributes)}`,
    shapes: [[2, 3, 4]],
    build: (g, [x = ""]) => g.add(operator, [x], attributes),
    positive,
  };
}

/** Values spread over -2…2 that never come near the kinks at 0 and ±3, and are never equal. */
export function spread(shape: readonly number[], phase: number, positive = false): FloatTensor {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const value = 2 * Math.sin(1.7 * i + phase);
    return positive ? Math.abs(value) + 0.5 : value + Math.sign(value) * 0.1;
  });
  return floats(shape, values);
}

/** The case's result as "result", and half its sum of squares as "total": its gradient depends on every element. */
function objective({ shapes, declared, build, opset }: GradientCase): Model {
  const graph = new GraphBuilder(opset ?? OPSET);
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, declared?.[i] ?? shape));
  graph.output(build(graph, inputs), "result");
  const squares = graph.add("ReduceSum", [graph.add("Mul", ["result", "result"])], { keepdims: 0 });
  graph.output(graph.add("Mul", [squares, graph.scalar(0.5)]), "total");
  return graph.build();
}

/** A float output of one run. */
export async function numbers(
  session: Session,
  feeds: Readonly<Record<string, FloatTensor>>,
  output: string,
): Promise<FloatTensor> {
  const value = (await session.run(feeds, [output]))[output];
  if (value?.type !== "float32") throw new Error(`no float output ${output}`);
  return value;
}

type Total = (moved: FloatTensor) => Promise<number>;

/** Every element of a gradient against the quotient of totals on both sides. */
async function expectQuotients(name: string, at: FloatTensor, gradient: FloatTensor, total: Total) {
  expect(gradient.shape).toEqual(at.shape);
  for (let i = 0; i < at.data.length; i++) {
    const totals = [];
    for (const step of [STEP, -STEP]) {
      const moved = floats(at.shape, Float32Array.from(at.data));
      moved.data[i] = (moved.data[i] ?? 0) + step;
      totals.push(await total(moved));
    }
    const expected = ((totals[0] ?? NaN) - (totals[1] ?? NaN)) / (2 * STEP);
    const actual = gradient.data[i] ?? NaN;
    expect(Math.abs(actual - expected), `${name}[${i}]: ${actual} for ${expected}`).toBeLessThan(
      TOLERANCE * (1 + Math.abs(expected)),
    );
  }
}

/** The case's shape is what ONNX Runtime gives, and its gradients are those of finite differences. */
export async function expectRightGradients(testCase: GradientCase): Promise<void> {
  const model = objective(testCase);
  const withRespectTo = model.inputs.map(({ name }) => name);
  const session = await Session.load(differentiate(model, { of: "total", withRespectTo }), { threads: 1 });
  const feeds = Object.fromEntries(
    testCase.shapes.map((shape, i): [string, FloatTensor] => [
      `x${i}`,
      spread(shape, i + 0.3, testCase.positive),
    ]),
  );
  const { shape } = await numbers(session, feeds, "result");
  const inferred = inferShapes(model)("result");
  expect(inferred.length).toBe(shape.length);
  inferred.forEach((length, axis) => {
    if (typeof length === "number") expect(length).toBe(shape[axis]);
  });
  for (const [name, tensor] of Object.entries(feeds)) {
    const gradient = await numbers(session, feeds, gradientName(name));
    await expectQuotients(name, tensor, gradient, async (moved) => {
      return (await numbers(session, { ...feeds, [name]: moved }, "total")).data[0] ?? NaN;
    });
  }
  await session.dispose();
}
