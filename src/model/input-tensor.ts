/**
 * @file Pictures → the network's input tensor.
 */
import { floats } from "../nn/tensor.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import type { Normalisation } from "./spec.ts";

/**
 * Pictures `[size, size, 3]` as one tensor `[N, 3, size, size]` of `(value - mean) / std`.
 * @throws RangeError when a picture is not `size · size · 3` bytes
 */
export function rgbToTensor(
  pictures: readonly Uint8Array[],
  size: number,
  { mean, std }: Normalisation,
): FloatTensor {
  const plane = size * size;
  const data = new Float32Array(pictures.length * 3 * plane);
  pictures.forEach((rgb, n) => {
    if (rgb.length !== 3 * plane) {
      throw new RangeError(`picture ${n}: expected ${size} x ${size} x 3 bytes, got ${rgb.length}`);
    }
    for (let channel = 0; channel < 3; channel++) {
      const table = Float32Array.from(
        { length: 256 },
        (_, v) => (v - (mean[channel] ?? 0)) / (std[channel] ?? 1),
      );
      const start = (3 * n + channel) * plane;
      for (let i = 0; i < plane; i++) data[start + i] = table[rgb[3 * i + channel] ?? 0] ?? 0;
    }
  });
  return floats([pictures.length, 3, size, size], data);
}
