import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import { Session } from "./session.ts";
import { floats } from "./tensor.ts";

describe("GraphBuilder.reduce", () => {
  it.each([13, 17, 18, 21])("writes the axes as operator set %i has them", async (opset) => {
    const graph = new GraphBuilder(opset);
    const x = graph.input("x", [2, 2]);
    graph.output(graph.reduce("ReduceMean", x, [1], 0), "mean");
    graph.output(graph.reduce("ReduceSum", x, [0]), "sum");
    const session = await Session.load(graph.build());
    const { mean, sum } = await session.run({ x: floats([2, 2], [1, 2, 3, 6]) });
    await session.dispose();
    expect(mean).toMatchObject({ shape: [2], data: Float32Array.of(1.5, 4.5) });
    expect(sum).toMatchObject({ shape: [1, 2], data: Float32Array.of(4, 8) });
  });
});
