/**
 * @file Smoothing within a mask, and how grainy an image is within it. Pure.
 */
import { MedianCounter } from "./median.ts";
import type { Mask } from "./morphology.ts";
import type { Grid } from "./resize.ts";

/** Weights of a Gaussian out to three standard deviations; `kernel[0]` is the centre. Not yet normalised. */
function gaussian(sigmaPixels: number): Float32Array {
  const reach = Math.max(1, Math.ceil(3 * sigmaPixels));
  return Float32Array.from({ length: reach + 1 }, (_, i) =>
    Math.exp(-(i * i) / (2 * sigmaPixels * sigmaPixels)),
  );
}

/** The part of an image that a mask touches: first and last row and column, the last ones excluded. */
interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

function boxOf({ rows, columns, inside }: Mask): Box {
  let [top, bottom, left, right] = [rows, 0, columns, 0];
  for (let row = 0; row < rows; row++) {
    const first = inside.indexOf(1, row * columns) - row * columns;
    if (first < 0 || first >= columns) continue;
    const last = inside.lastIndexOf(1, (row + 1) * columns - 1) - row * columns;
    top = Math.min(top, row);
    bottom = row + 1;
    left = Math.min(left, first);
    right = Math.max(right, last + 1);
  }
  return { top, bottom, left, right };
}

/**
 * Both passes of a symmetric kernel over a box of an image that is 0 outside it; the result is right in the box.
 * `kernel[0]` is the kernel's middle.
 */
function convolve(values: Float32Array, columns: number, box: Box, kernel: Float32Array): Float32Array {
  const { top, bottom, left, right } = box;
  const reach = kernel.length - 1;
  const across = new Float32Array(values.length);
  for (let offset = -reach; offset <= reach; offset++) {
    const weight = kernel[Math.abs(offset)] as number;
    const from = Math.max(left, left - offset);
    const to = Math.min(right, right - offset);
    for (let row = top; row < bottom; row++)
      for (let i = row * columns + from; i < row * columns + to; i++)
        across[i] = (across[i] as number) + weight * (values[i + offset] as number);
  }
  const out = new Float32Array(values.length);
  for (let offset = -reach; offset <= reach; offset++) {
    const weight = kernel[Math.abs(offset)] as number;
    const step = offset * columns;
    for (let row = Math.max(top, top - offset); row < Math.min(bottom, bottom - offset); row++)
      for (let i = row * columns + left; i < row * columns + right; i++)
        out[i] = (out[i] as number) + weight * (across[i + step] as number);
  }
  return out;
}

/**
 * Gaussian mean over the pixels inside the mask only, so that bone beside it does not bleed in (normalised
 * convolution, Knutsson and Westin 1993). Pixels outside the mask become 0.
 */
export function smoothWithin(image: Grid, mask: Mask, sigmaPixels: number): Grid {
  const { rows, columns, values } = image;
  const { inside } = mask;
  const masked = new Float32Array(values.length);
  const weight = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (inside[i] !== 1) continue;
    masked[i] = values[i] as number;
    weight[i] = 1;
  }
  if (sigmaPixels <= 0) return { rows, columns, values: masked };
  const kernel = gaussian(sigmaPixels);
  const box = boxOf(mask);
  const sum = convolve(masked, columns, box, kernel);
  const total = convolve(weight, columns, box, kernel);
  for (let i = 0; i < sum.length; i++)
    sum[i] = inside[i] === 1 ? (sum[i] as number) / (total[i] as number) : 0;
  return { rows, columns, values: sum };
}

/**
 * The grain within the mask: a robust standard deviation (1.4826 × median absolute value) of each pixel minus the
 * mean of its left and right neighbours, divided by √1.5 so that white noise gives its own deviation. 0 for fewer
 * than 100 pixels.
 */
export function grainWithin({ columns, values }: Grid, { inside }: Mask): number {
  const rest = new MedianCounter(0, 50, 0.02);
  for (let i = 1; i < values.length - 1; i++) {
    if (inside[i] !== 1 || inside[i - 1] !== 1 || inside[i + 1] !== 1 || i % columns === 0) continue;
    rest.add(Math.abs((values[i] ?? 0) - ((values[i - 1] ?? 0) + (values[i + 1] ?? 0)) / 2));
  }
  return rest.count < 100 ? 0 : (1.4826 * rest.median()) / Math.sqrt(1.5);
}
