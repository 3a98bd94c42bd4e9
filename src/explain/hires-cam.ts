/**
 * @file HiResCAM (Draelos and Carin 2020, arXiv 2011.08891), compiled into the model's own graph.
 *
 * Grad-CAM without the averaging of gradients: each cell's gradient times its activation, summed over the channels,
 * without its negative part. Where cells are scored one by one (log-mean-exp pooling) this is each cell's score times
 * its share in the logit; Grad-CAM would give every cell the same share and so lose the place.
 */
import { camMethod } from "./class-gradient.ts";

export const hiResCam = camMethod("hires-cam", (_graph, gradient) => gradient);
