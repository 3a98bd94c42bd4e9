import { describe, expect, it } from "vitest";

import { GraphBuilder } from "./builder.ts";
import { cellGrid } from "./cell-grid.ts";
import { measuredGrid } from "./measured-grid.ts";
import type { Model } from "./model.ts";
import { floats } from "./tensor.ts";

const SIZE = 32;
const IMAGE = [1, SIZE, SIZE] as const;

/** A 3 × 3 convolution of stride 4, padded by one on both sides, whose weights are all at one place. */
function leaning(row: number, column: number): Model {
  const graph = new GraphBuilder();
  const x = graph.input("x", ["N", 1, SIZE, SIZE]);
  const weights = new Float32Array(9);
  weights[3 * row + column] = 1;
  const kernel = graph.constant(floats([1, 1, 3, 3], weights));
  graph.output(graph.add("Conv", [x, kernel], { strides: [4, 4], pads: [1, 1, 1, 1] }, "map"));
  return graph.build();
}

describe("measuredGrid", () => {
  it("lies where the kernel's weights are, not where its window is", async () => {
    const model = leaning(1, 2);
    // The window of cell i is centred on pixel 4i; the one weight looks at row 4i and column 4i + 1.
    expect(cellGrid(model, "map", SIZE, [8, 8])?.[1].start).toBe(-1.5);
    const [rows, columns] = (await measuredGrid(model, "map", IMAGE, [8, 8])) ?? [];
    expect(rows).toEqual({ count: 8, step: 4, start: -1.5 });
    expect(columns?.start).toBeCloseTo(-0.5, 6);
  });

  it("moves a map no further than to where it lies evenly", async () => {
    const [rows, columns] = (await measuredGrid(leaning(0, 2), "map", IMAGE, [8, 8])) ?? [];
    // Row 4i - 1 is further from the middle than padding says.
    expect(rows?.start).toBe(-1.5);
    expect(columns?.start).toBeCloseTo(-0.5, 6);
  });

  it("keeps a grid that lies evenly, and one whose operators have no gradient", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["N", 1, SIZE, SIZE]);
    graph.output(graph.add("MaxPool", [x], { kernel_shape: [4, 4], strides: [4, 4] }, "map"));
    expect((await measuredGrid(graph.build(), "map", IMAGE, [8, 8]))?.[0].start).toBe(0);
    const round = new GraphBuilder();
    const y = round.input("x", ["N", 1, SIZE, SIZE]);
    const hard = round.add("Selu", [y]);
    const window = { kernel_shape: [3, 3], strides: [4, 4], pads: [1, 1, 1, 1] };
    round.output(round.add("MaxPool", [hard], window, "map"));
    expect((await measuredGrid(round.build(), "map", IMAGE, [8, 8]))?.[0].start).toBe(-1.5);
  });

  it("is null where the number of cells cannot be told", async () => {
    expect(await measuredGrid(leaning(1, 1), "map", IMAGE, [7, 7])).toBeNull();
  });
});
