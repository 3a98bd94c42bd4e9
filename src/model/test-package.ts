/**
 * @file A tiny model for tests: it looks at the mean brightness of the brain window, cell by cell.
 *
 * Extractor: one 32 x 32 mean filter with stride 32 a channel. The logit of "hemorrhage" is
 * 20 · (mean of the brain window - 0.5).
 */
import { HEAD_CT_WINDOWS } from "../domain/slice.ts";
import { GraphBuilder } from "../nn/builder.ts";
import type { Model } from "../nn/model.ts";
import { floats } from "../nn/tensor.ts";
import { compileModel } from "./compile.ts";
import type { SaliencyMethod } from "./compile.ts";
import { UNIT_NORMALISATION } from "./import/extractor-note.ts";
import type { PackageParts } from "./package.ts";
import { DEFAULT_PREPROCESS } from "./train/default-preprocess.ts";

export const TINY_SIZE = 96;
const CELL = 32;

/** Input `image` `[N, 3, 96, 96]`, feature maps `maps` `[N, 3, 3, 3]`. */
export function tinyExtractor(): Model {
  const graph = new GraphBuilder();
  const image = graph.input("image", ["N", 3, TINY_SIZE, TINY_SIZE]);
  const window = { kernel_shape: [CELL, CELL], strides: [CELL, CELL] };
  graph.add("AveragePool", [image], window, "maps");
  graph.output("maps", "maps", ["N", 3, 3, 3]);
  return graph.build();
}

/** The brain window's map itself. */
const brightness: SaliencyMethod = {
  name: "brightness",
  add(model, { maps }) {
    const graph = new GraphBuilder(model);
    const first = graph.constant(floats([1, 3, 1, 1], [1, 0, 0]), "first channel");
    const chosen = graph.add("ReduceSum", [graph.add("Mul", [maps[0] ?? "", first]), graph.ints([1])], {
      keepdims: 0,
    });
    graph.output(chosen, "saliency", ["N", "rows", "columns"]);
    return graph.build();
  },
};

export function tinyPackage(change: Partial<PackageParts["spec"]> = {}): PackageParts {
  const extractor = tinyExtractor();
  const maps = { layer: "maps", channels: 3, rows: 3, columns: 3 };
  const head = { weights: Float32Array.of(0, 0, 0, 20, 0, 0), bias: Float32Array.of(0, -10) };
  const model = compileModel({ extractor, maps, pooling: "mean", head, saliency: brightness, classIndex: 1 });
  const spec: PackageParts["spec"] = {
    format: 1,
    name: "tiny",
    version: "1",
    licence: "MIT-0",
    positive: "hemorrhage",
    input: { size: TINY_SIZE, normalisation: UNIT_NORMALISATION },
    windows: HEAD_CT_WINDOWS,
    preprocess: { ...DEFAULT_PREPROCESS, size: TINY_SIZE },
    layer: "maps",
    pooling: "mean",
    threshold: { value: 0.5, chosen: "by hand" },
    calibration: { scale: 1, bias: [0, 0] },
    studyRule: null,
    saliency: { method: "brightness", region: { top: 0, left: 0, rows: 1, columns: 1 }, referencePeak: 1 },
    training: {},
    metrics: [],
    ...change,
  };
  return { spec, labels: ["normal", "hemorrhage"], model, card: "# tiny\n" };
}
