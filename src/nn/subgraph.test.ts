import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import { addHalf, addQuantised } from "./compact-constant.ts";
import { Session } from "./session.ts";
import { connect, extract, withInnerNames } from "./subgraph.ts";
import { float16ToNumber, floats } from "./tensor.ts";

function twoBranches(): GraphBuilder {
  const graph = new GraphBuilder();
  const x = graph.input("x", [2]);
  graph.add("Mul", [x, graph.constant(floats([], [2]), "two")], {}, "double");
  graph.add("Mul", ["double", graph.constant(floats([], [3]), "three")], {}, "six");
  graph.output("six");
  return graph;
}

describe("extract", () => {
  it("keeps only what the value needs", () => {
    const cut = extract(twoBranches().build(), ["double"]);
    expect(cut.nodes.map(({ name }) => name)).toEqual(["double"]);
    expect([...cut.initializers.keys()]).toEqual(["two"]);
    expect(cut.outputs.map(({ name }) => name)).toEqual(["double"]);
  });

  it("names values that do exist", () => {
    expect(() => extract(twoBranches().build(), ["tripel"])).toThrow(/no value named "tripel"; .*double/);
  });
});

describe("connect", () => {
  it("feeds one model from the other", async () => {
    const second = new GraphBuilder();
    second.output(second.add("Neg", [second.input("double", [2])], {}, "negative"));
    const joined = connect(twoBranches().build(), second.build(), ["six"]);
    const session = await Session.load(joined);
    const { negative, six } = await session.run({ x: floats([2], [1, -2]) });
    expect([...(negative?.data ?? [])]).toEqual([-2, 4]);
    expect([...(six?.data ?? [])]).toEqual([6, -12]);
    await session.dispose();
  });

  it("refuses what does not fit", () => {
    const lonely = new GraphBuilder();
    lonely.output(lonely.add("Neg", [lonely.input("other", [2])]));
    expect(() => connect(twoBranches().build(), lonely.build())).toThrow('no value "other"');
    const clash = new GraphBuilder();
    clash.output(clash.add("Neg", [clash.input("double", [2])], {}, "six"));
    expect(() => connect(twoBranches().build(), clash.build())).toThrow(
      'both models have a value named "six"',
    );
    const newer = new GraphBuilder(17);
    newer.output(newer.add("Neg", [newer.input("double", [2])]));
    expect(() => connect(twoBranches().build(), newer.build())).toThrow("operator sets differ: 15 and 17");
  });
});

describe("withInnerNames", () => {
  it("lets two graphs be joined whose inner values are called the same", async () => {
    const second = new GraphBuilder();
    const three = second.constant(floats([], [3]), "two");
    second.output(second.add("Mul", [second.input("six", [2]), three], {}, "eighteen"));
    expect(() => connect(twoBranches().build(), second.build())).toThrow('"two"');
    const session = await Session.load(connect(twoBranches().build(), withInnerNames(second.build(), "b/")));
    const { eighteen } = await session.run({ x: floats([2], [1, -2]) });
    expect([...(eighteen?.data ?? [])]).toEqual([18, -36]);
    await session.dispose();
  });
});

describe("compact constants", () => {
  it("are the stored numbers, scaled", async () => {
    const graph = new GraphBuilder();
    const stored = { shape: [3], data: Uint8Array.of(0, 100, 255), scale: 0.5, min: -2 };
    const eight = addQuantised(graph, "eight", stored);
    const half = addHalf(graph, "half", [3], Uint16Array.of(0x3c00, 0xc100, 0x3555));
    graph.output(graph.add("Add", [eight, graph.input("x", [3])]), "a");
    graph.output(graph.add("Add", [half, "x"]), "b");
    const session = await Session.load(graph.build());
    const { a, b } = await session.run({ x: floats([3], [0, 0, 0]) });
    expect([...(a?.data ?? [])]).toEqual([-2, 48, 125.5]);
    // 0x3c00 is 1, 0xc100 is -2.5, 0x3555 is 0.333251953125 (IEEE 754 binary16)
    expect([...(b?.data ?? [])]).toEqual([1, -2.5, 0.333251953125]);
    expect([0x3c00, 0xc100, 0x3555, 0x0001, 0x7c00].map(float16ToNumber)).toEqual([
      1,
      -2.5,
      0.333251953125,
      2 ** -24,
      Infinity,
    ]);
    await session.dispose();
  });
});
