/**
 * @file The simulator's Web Worker: sliders stay smooth while cases are read.
 */
import { computeSimulation } from "./compute.ts";
import type { SimulatorRequest } from "./compute.ts";

self.addEventListener("message", ({ data }: MessageEvent<SimulatorRequest>) => {
  self.postMessage(computeSimulation(data));
});
