import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import { cellGrid } from "./cell-grid.ts";
import { Session } from "./session.ts";
import { floats } from "./tensor.ts";

const kernel = (graph: GraphBuilder, side: number): string =>
  graph.constant(floats([1, 1, side, side], new Float32Array(side * side).fill(1)));

/** The centre of what a cell is computed from, found by lighting one pixel at a time. */
async function centreOfCell(graph: GraphBuilder, size: number, row: number): Promise<number> {
  const session = await Session.load(graph.build());
  const touched: number[] = [];
  for (let pixel = 0; pixel < size; pixel++) {
    const image = new Float32Array(size * size);
    image.fill(1, pixel * size, (pixel + 1) * size);
    const map = (await session.run({ x: floats([1, 1, size, size], image) }))["map"];
    if (map?.type !== "float32") throw new Error("no map");
    const columns = map.shape[3] ?? 0;
    if ((map.data[row * columns + Math.floor(columns / 2)] ?? 0) > 0) touched.push(pixel);
  }
  await session.dispose();
  return ((touched[0] ?? NaN) + (touched.at(-1) ?? NaN)) / 2;
}

describe("cellGrid", () => {
  it("is by hand for valid and same padding", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["N", 1, 299, 299]);
    // 299 → 149 → 147 → 73: the first layers of Inception-v3 without its size-keeping ones.
    const a = graph.add("Conv", [x, kernel(graph, 3)], { strides: [2, 2], auto_pad: "VALID" });
    const b = graph.add("Conv", [a, kernel(graph, 3)], { auto_pad: "SAME_UPPER" });
    graph.add("MaxPool", [b], { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "VALID" }, "map");
    // Centres: 1, then 1, then 1 + 2 · 1 = 3, every 4 pixels: cell 0 covers 3.5 - 2 to 3.5 + 2.
    expect(cellGrid(graph.build(), "map", 299, [74, 74])?.[0]).toEqual({ count: 74, step: 4, start: 1.5 });
    expect(cellGrid(graph.build(), "map", 299, [73, 73])).toBeNull();
  });

  it.each([
    ["padded on both sides", { strides: [2, 2], pads: [1, 1, 1, 1] }],
    ["not padded", { strides: [2, 2] }],
    ["same, even size", { strides: [2, 2], auto_pad: "SAME_UPPER" }],
  ])("agrees with what the network sees: %s", async (_name, attributes) => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["N", 1, 32, 32]);
    const a = graph.add("Conv", [x, kernel(graph, 3)], attributes);
    graph.output(graph.add("Conv", [a, kernel(graph, 3)], attributes, "map"));
    const model = graph.build();
    const row = 3;
    const count = "pads" in attributes || "auto_pad" in attributes ? 8 : 7;
    const axis = cellGrid(model, "map", 32, [count, count])?.[0];
    const centre = (axis?.start ?? NaN) + (row + 0.5) * (axis?.step ?? NaN) - 0.5;
    expect(centre).toBe(await centreOfCell(graph, 32, row));
  });
});
