/**
 * @file Single operators as PyTorch exports them: results and gradients against PyTorch's own.
 * `fixtures/oracle/README.md` says how the fixtures are made.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { between } from "../scripts/oracle/formula.ts";
import { GraphBuilder } from "../src/nn/builder.ts";
import { differentiate, gradientName } from "../src/nn/differentiate.ts";
import type { Model } from "../src/nn/model.ts";
import { readOnnx } from "../src/nn/onnx-file.ts";
import { Session } from "../src/nn/session.ts";
import { floats, sizeOf, tensorFromBytes } from "../src/nn/tensor.ts";
import type { Tensor } from "../src/nn/tensor.ts";

const FOLDER = join(import.meta.dirname, "fixtures/oracle/operators");

/** Of the largest element, beside 1: float32 on both sides, sums of some hundred products. */
const TOLERANCE = 2e-5;

/** Where `operators.py`'s coefficients have their seed. */
const COEFFICIENT_SEED = 2;

/** A float32 tensor, its data in base64. */
interface Encoded {
  readonly shape: readonly number[];
  readonly data: string;
}

interface OracleCase {
  readonly name: string;
  /** An `.onnx` file with the inputs x0, x1, … and the output y, in base64. */
  readonly graph: string;
  readonly inputs: readonly Encoded[];
  readonly output: Encoded;
  readonly gradients: Readonly<Record<string, Encoded>>;
}

const decoded = ({ shape, data }: Encoded): Tensor =>
  tensorFromBytes("float32", shape, Buffer.from(data, "base64"));

/** The graph with the sum of its output times coefficients as "objective". */
function withObjective(graph: Model, shape: readonly number[]): Model {
  const builder = new GraphBuilder(graph);
  const coefficients = builder.constant(floats(shape, between(COEFFICIENT_SEED, sizeOf(shape), -1, 1)));
  const scaled = builder.add("Mul", ["y", coefficients]);
  builder.add("ReduceSum", [scaled], { keepdims: 0 }, "objective");
  return builder.build();
}

function expectClose(what: string, actual: Tensor | undefined, expected: Tensor): void {
  expect(actual?.shape, `${what}: shape`).toEqual(expected.shape);
  const values = Array.from(actual?.data ?? [], Number);
  const wanted = Array.from(expected.data, Number);
  const scale = 1 + Math.max(0, ...wanted.map(Math.abs));
  values.forEach((value, i) => {
    const error = Math.abs(value - (wanted[i] ?? NaN)) / scale;
    expect(error, `${what}[${i}]: ${value} for ${wanted[i]}`).toBeLessThan(TOLERANCE);
  });
}

const families = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));

describe.each(families)("PyTorch's %s", (file) => {
  const cases = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as readonly OracleCase[];

  it.each(cases.map((oracle) => [oracle.name, oracle] as const))("%s", async (_name, oracle) => {
    const withRespectTo = Object.keys(oracle.gradients);
    const graph = withObjective(readOnnx(Buffer.from(oracle.graph, "base64")), oracle.output.shape);
    const session = await Session.load(differentiate(graph, { of: "objective", withRespectTo }), {
      threads: 1,
    });
    const feeds = Object.fromEntries(oracle.inputs.map((input, i) => [`x${i}`, decoded(input)]));
    const values = await session.run(feeds);
    expectClose("output", values["y"], decoded(oracle.output));
    for (const [name, gradient] of Object.entries(oracle.gradients)) {
      expectClose(`gradient of ${name}`, values[gradientName(name)], decoded(gradient));
    }
    await session.dispose();
  });
});
