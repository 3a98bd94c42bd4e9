/**
 * @file HiResCAM (Draelos and Carin 2020, arXiv 2011.08891): each cell's gradient times its activation, so that a map
 * shows only cells that the score was computed from.
 */
import { camMethod } from "./cam-method.ts";

export const hiResCam = camMethod("hires-cam", ({ graph, maps, gradient }) =>
  graph.add("Mul", [maps, gradient]),
);
