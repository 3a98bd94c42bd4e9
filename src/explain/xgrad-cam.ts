/**
 * @file XGrad-CAM (Fu et al. 2020, arXiv 2008.02312): a channel's weight is the mean of its gradient, each cell
 * counted by its share in the channel's activation.
 */
import { camMethod } from "./cam-method.ts";

/** Keeps the share finite for a channel without activation; as in pytorch-grad-cam. */
const EPSILON = 1e-7;

export const xGradCam = camMethod("xgrad-cam", ({ graph, maps, gradient }) => {
  const overCells = (value: string): string =>
    graph.add("ReduceSum", [value, graph.ints([2, 3])], { keepdims: 1 });
  const activation = graph.add("Add", [overCells(maps), graph.scalar(EPSILON)]);
  const weights = graph.add("Div", [overCells(graph.add("Mul", [gradient, maps])), activation]);
  return graph.add("Mul", [maps, weights]);
});
