import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import { addQuantised } from "./compact-constant.ts";
import { computeConstants } from "./computed-constants.ts";
import { floats } from "./tensor.ts";

describe("computeConstants", () => {
  it("makes a float32 constant of an 8-bit one, under the name its users know", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["N", 2]);
    const weight = addQuantised(graph, "w", {
      shape: [2, 1],
      data: Uint8Array.of(4, 10),
      scale: 0.5,
      min: -1,
    });
    graph.add("MatMul", [x, weight], {}, "y");
    graph.output("y");
    const folded = await computeConstants(graph.build());
    expect(folded.nodes.map(({ operator }) => operator)).toEqual(["MatMul"]);
    expect([...folded.initializers.keys()]).toEqual(["w"]);
    expect(folded.initializers.get("w")).toMatchObject({ shape: [2, 1], data: Float32Array.of(1, 4) });
  });

  it("leaves a model alone that has nothing to fold", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2]);
    graph.add("Add", [x, graph.constant(floats([2], [1, 2]))], {}, "y");
    graph.output("y");
    const model = graph.build();
    expect(await computeConstants(model)).toBe(model);
  });
});
