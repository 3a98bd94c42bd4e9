/** @file What differentiation gives and refuses as a whole; each operator's gradient is tested in `operators/`. */
import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import { differentiate, gradientName } from "./differentiate.ts";
import { numbers } from "./operators/test-cases/case.ts";
import { Session } from "./session.ts";
import { floats } from "./tensor.ts";

describe("differentiate", () => {
  it("shares a maximum between equal elements", async () => {
    const graph = new GraphBuilder();
    graph.output(graph.add("ReduceMax", [graph.input("x", [4])], { keepdims: 0 }), "largest");
    const session = await Session.load(differentiate(graph.build(), { of: "largest", withRespectTo: ["x"] }));
    const gradient = await numbers(session, { x: floats([4], [3, 1, 3, 2]) }, gradientName("x"));
    expect([...gradient.data]).toEqual([0.5, 0, 0.5, 0]);
    await session.dispose();
  });

  it("takes Relu's slope as 1 from the least normal number on, and as 0 at 0", async () => {
    const graph = new GraphBuilder();
    graph.output(graph.add("Relu", [graph.input("x", [5])]), "y");
    const session = await Session.load(differentiate(graph.build(), { of: "y", withRespectTo: ["x"] }));
    const feeds = { x: floats([5], [-1, 0, 2 ** -126, 1, 3e38]) };
    expect([...(await numbers(session, feeds, gradientName("x"))).data]).toEqual([0, 0, 1, 1, 1]);
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
    graph.output(graph.add("Nonsense", [graph.input("x", [2])], {}, "bell"), "y");
    expect(() => differentiate(graph.build(), { of: "y", withRespectTo: ["x"] })).toThrow(
      /Nonsense node "bell" has no gradient rule/,
    );
  });

  it("says when a value is no float32", () => {
    const graph = new GraphBuilder();
    graph.output(graph.add("Cast", [graph.input("count", [2], "int64")], { to: 1 }), "y");
    expect(() => differentiate(graph.build(), { of: "y", withRespectTo: ["count"] })).toThrow(
      '"count" is of type int64',
    );
  });

  it("says when a second output is used that has no gradient", () => {
    const graph = new GraphBuilder(17);
    const inputs = [graph.input("x", [2, 3]), graph.constant(floats([3], [1, 1, 1]))];
    graph.addNode("LayerNormalization", inputs, {}, ["normal", "mean"]);
    graph.output(graph.add("Add", ["normal", "mean"]), "y");
    expect(() => differentiate(graph.build(), { of: "y", withRespectTo: ["x"] })).toThrow(
      'only its first output can be differentiated, but "mean" is used too',
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
