/**
 * @file EigenGrad-CAM (pytorch-grad-cam): the first principal component of the feature maps times their gradient, so
 * that Eigen-CAM tells classes apart.
 */
import { camMethod } from "./cam-method.ts";

export const eigenGradCam = camMethod(
  "eigen-grad-cam",
  ({ graph, maps, gradient }) => graph.add("Mul", [maps, gradient]),
  { principal: true },
);
