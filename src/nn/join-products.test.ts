import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import { joinProducts } from "./join-products.ts";
import type { Model } from "./model.ts";
import { Session } from "./session.ts";
import { floats } from "./tensor.ts";

const X = floats([2, 2], [1, 2, 3, 4]);

/** x · A · B, A picking the second of three and B `[3, 4]`, turned where asked for. */
function chain(isTurned: boolean): Model {
  const graph = new GraphBuilder();
  const x = graph.input("x", ["N", 2]);
  const a = graph.add("Transpose", [graph.constant(floats([3, 2], [0, 0, 1, 2, 0, 0]))], { perm: [1, 0] });
  const b = isTurned
    ? floats([4, 3], [1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12])
    : floats([3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const inner = graph.add("MatMul", [x, a]);
  const outer = graph.add("Gemm", [inner, graph.constant(b)], { transB: isTurned ? 1 : 0 });
  graph.output(outer, "y", ["N", 4]);
  return graph.build();
}

async function run(model: Model): Promise<number[]> {
  const session = await Session.load(model);
  const { y } = await session.run({ x: X });
  await session.dispose();
  return Array.from(y?.data ?? [], Number);
}

describe("joinProducts", () => {
  it.each([false, true])("gives what the chain gives, from one matrix (turned: %s)", async (isTurned) => {
    const joined = joinProducts(chain(isTurned));
    const product = joined.nodes.find(({ outputs }) => outputs[0]?.startsWith("Gemm"));
    // By hand: A is [[0, 1, 0], [0, 2, 0]], so A · B is once and twice B's second row.
    const { data = [], shape } = joined.initializers.get(product?.inputs[1] ?? "") ?? {};
    expect([shape, Array.from(data, Number)]).toEqual([
      [2, 4],
      [5, 6, 7, 8, 10, 12, 14, 16],
    ]);
    // [1, 2] · [[…], […]] = 5 · row, [3, 4] = 11 · row.
    expect(await run(joined)).toEqual([25, 30, 35, 40, 55, 66, 77, 88]);
  });

  it("leaves a product that would become larger", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["N", 3]);
    const inner = graph.add("MatMul", [x, graph.constant(floats([3, 1], [1, 2, 3]))]);
    graph.output(graph.add("MatMul", [inner, graph.constant(floats([1, 3], [1, 2, 3]))]), "y", ["N", 3]);
    const model = graph.build();
    expect(joinProducts(model).nodes).toEqual(model.nodes);
  });
});
