/**
 * @file Standardising features to mean 0 and deviation 1, and taking that into a linear layer's weights.
 */
import type { LinearHead } from "../head.ts";
import type { FeatureMatrix } from "./features.ts";

/** What standardising takes off and divides by, a number a feature. */
export interface Standard {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** A feature that hardly varies is left unscaled rather than blown up. */
const SMALLEST_DEVIATION = 1e-6;

/**
 * Mean and deviation of each feature over the rows `indices`. A row of several cells holds as many feature vectors,
 * one after the other, and all of them count.
 */
export function standardOf(
  { values, length }: FeatureMatrix,
  indices: readonly number[],
  cells = 1,
): Standard {
  const features = length / cells;
  const sum = new Float64Array(features);
  const square = new Float64Array(features);
  for (const index of indices) {
    for (let cell = 0, at = index * length; cell < cells; cell++) {
      for (let f = 0; f < features; f++, at++) {
        const value = values[at] ?? 0;
        sum[f] = (sum[f] ?? 0) + value;
        square[f] = (square[f] ?? 0) + value * value;
      }
    }
  }
  const count = indices.length * cells;
  const mean = Float32Array.from(sum, (s) => s / count);
  const deviation = Float32Array.from(square, (s, f) => {
    const d = Math.sqrt(Math.max(0, s / count - ((sum[f] ?? 0) / count) ** 2));
    return d < SMALLEST_DEVIATION ? 1 : d;
  });
  return { mean, deviation };
}

/** A head for standardised features as one for the features as they were. */
export function foldStandard({ weights, bias }: LinearHead, { mean, deviation }: Standard): LinearHead {
  const { length } = mean;
  const folded = weights.map((weight, i) => weight / (deviation[i % length] ?? 1));
  const shifted = bias.map((b, c) => {
    let sum = b;
    for (let f = 0; f < length; f++) sum -= (folded[c * length + f] ?? 0) * (mean[f] ?? 0);
    return sum;
  });
  return { weights: folded, bias: shifted };
}
