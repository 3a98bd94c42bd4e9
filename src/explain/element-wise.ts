/**
 * @file Element-wise Grad-CAM (Pillai and Pirsiavash 2021; pytorch-grad-cam's GradCAMElementWise): gradient times
 * activation, of which each negative product is left out before the channels are summed.
 */
import { camMethod } from "./cam-method.ts";

export const elementWise = camMethod("element-wise", ({ graph, maps, gradient }) =>
  graph.add("Relu", [graph.add("Mul", [maps, gradient])]),
);
