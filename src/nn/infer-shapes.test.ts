import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import { foldConstants } from "./fold-constants.ts";
import { inferShapes } from "./infer-shapes.ts";
import type { Shape } from "./model.ts";

/** What exporters write for `x.flatten(1)` when the batch may vary. */
function flattened(shape: Shape): GraphBuilder {
  const graph = new GraphBuilder();
  graph.input("x", shape);
  const zero = graph.addNode("Constant", [], { value_int: 0 }, ["zero"])[0] ?? "";
  const batch = graph.add("Gather", [graph.add("Shape", ["x"]), zero], { axis: 0 });
  const target = [graph.add("Unsqueeze", [batch, graph.ints([0])]), graph.ints([-1])];
  graph.output(graph.add("Reshape", ["x", graph.add("Concat", target, { axis: 0 }, "target")], {}, "y"));
  return graph;
}

describe("inferShapes", () => {
  it("follows a target shape that the graph computes, with a name for the batch", () => {
    expect(inferShapes(flattened(["N", 3, 4, 5]).build())("y")).toEqual(["N", 60]);
  });

  it("multiplies and divides lengths it knows by name only", () => {
    const graph = new GraphBuilder();
    const rows = graph.add("Reshape", [graph.input("x", ["N", 4, 6]), graph.ints([-1, 3])], {}, "rows");
    graph.add("Reshape", [rows, graph.ints([-1, 8, 3])], {}, "y");
    const shapeOf = inferShapes(graph.build());
    expect(shapeOf("rows")).toEqual(["N*8", 3]);
    expect(shapeOf("y")).toEqual(["N", 8, 3]);
  });

  it("follows thousands of nodes", () => {
    const graph = new GraphBuilder();
    const last = Array.from({ length: 5000 }).reduce<string>(
      (value) => graph.add("Add", [value, value]),
      graph.input("x", ["N", 3]),
    );
    expect(inferShapes(graph.build())(last)).toEqual(["N", 3]);
  });

  it("says which value hides a shape", () => {
    const graph = new GraphBuilder();
    graph.add("Relu", [graph.add("Nonsense", [graph.input("x", [2])], {}, "odd")], {}, "y");
    expect(() => inferShapes(graph.build())("y")).toThrow(
      /"odd" is unknown: Nonsense node "odd" has no shape/,
    );
  });
});

describe("foldConstants", () => {
  it("keeps only the Reshape of a computed shape", () => {
    const folded = foldConstants(flattened([2, 3, 4, 5]).build());
    expect(folded.nodes.map(({ operator }) => operator)).toEqual(["Reshape"]);
    expect(folded.initializers.get("target")?.data).toEqual(BigInt64Array.of(2n, -1n));
  });
});
