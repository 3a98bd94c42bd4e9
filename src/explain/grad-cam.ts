/**
 * @file Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391), compiled into the model's own graph.
 *
 * The gradient of the class's logit at the feature maps, averaged over the cells, weighs each channel; the weighted
 * sum of the channels, without its negative part, is the map.
 */
import { camMethod } from "./class-gradient.ts";

export const gradCam = camMethod("grad-cam", (graph, gradient) => graph.add("GlobalAveragePool", [gradient]));
