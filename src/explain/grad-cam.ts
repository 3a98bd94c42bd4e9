/**
 * @file Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391): the gradient of the target, averaged over the cells,
 * weighs each channel.
 */
import { camMethod } from "./cam-method.ts";

export const gradCam = camMethod("grad-cam", ({ graph, maps, gradient }) =>
  graph.add("Mul", [maps, graph.add("GlobalAveragePool", [gradient])]),
);
