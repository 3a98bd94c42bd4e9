/**
 * @file LayerCAM (Jiang et al. 2021, IEEE TIP 30): each cell's gradient, where it is positive, weighs its activation;
 * made for early layers, whose cells are small.
 */
import { camMethod } from "./cam-method.ts";

export const layerCam = camMethod("layer-cam", ({ graph, maps, gradient }) =>
  graph.add("Mul", [maps, graph.add("Relu", [gradient])]),
);
