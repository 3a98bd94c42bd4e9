/**
 * @file A model package's graph with its map made by another method: logits and map still come from one run, and the
 * map has the package's cells, so it lies where the package's own does.
 */
import type { SaliencyMethod } from "../model/compile.ts";
import type { ModelPackage } from "../model/package.ts";
import type { Model } from "../nn/model.ts";
import { readOnnx } from "../nn/onnx-file.ts";
import { extract } from "../nn/subgraph.ts";

/** @throws GraphError when what follows the package's layer has an operator without a gradient rule */
export function withSaliencyBy({ spec, labels, onnx }: ModelPackage, method: SaliencyMethod): Model {
  return method.add(extract(readOnnx(onnx), ["logits"]), {
    logits: "logits",
    classes: labels.length,
    classIndex: labels.indexOf(spec.positive),
    maps: spec.layer.split(","),
  });
}
