/**
 * @file Whether a map shows what the score was computed from: what becomes of the score when pixels are taken away in
 * the order that the map gives them.
 */
import { resize } from "../../imaging/resize.ts";
import { floats } from "../../nn/tensor.ts";
import type { FloatTensor } from "../../nn/tensor.ts";
import { imputed } from "./imputation.ts";

/** The score of each of a batch of changed images. */
export type Score = (images: FloatTensor) => Promise<readonly number[]>;

/** Shares of the pixels that ROAD takes away. */
export const ROAD_SHARES = [0.1, 0.3, 0.5, 0.7, 0.9] as const;
/** Steps of insertion and deletion. */
const STEPS = 12;
/** How much an image is shrunk and enlarged again where insertion begins. */
const BLUR = 16;

/** Pixels from the most to the least relevant; of equals the first comes first. */
export function byRelevance(field: Float32Array): number[] {
  return [...field.keys()].sort((a, b) => (field[b] ?? 0) - (field[a] ?? 0) || a - b);
}

/** An image `[1, channels, rows, columns]` by planes. */
function planesOf({ shape, data }: FloatTensor): Float32Array[] {
  const [, channels = 0, rows = 0, columns = 0] = shape;
  const plane = rows * columns;
  return Array.from({ length: channels }, (_, c) => data.subarray(c * plane, (c + 1) * plane));
}

function fromPlanes(images: readonly (readonly Float32Array[])[], shape: readonly number[]): FloatTensor {
  const [, ...rest] = shape;
  const data = new Float32Array(images.length * rest.reduce((a, b) => a * b, 1));
  let at = 0;
  for (const planes of images)
    for (const plane of planes) {
      data.set(plane, at);
      at += plane.length;
    }
  return floats([images.length, ...rest], data);
}

/**
 * Confidence change (Chattopadhay et al. 2018): the score of the image multiplied by its map, less the score of the
 * image. A good map loses little.
 * @param field `[rows, columns]`, 0…1
 */
export async function confidenceChange(
  image: FloatTensor,
  field: Float32Array,
  score: Score,
): Promise<number> {
  const shown = planesOf(image).map((plane) => plane.map((value, i) => value * (field[i] ?? 0)));
  const [with_ = 0, whole = 0] = await score(fromPlanes([shown, planesOf(image)], image.shape));
  return with_ - whole;
}

/**
 * ROAD combined (Rong et al. 2022): the score once the least relevant pixels are gone less the score once the most
 * relevant are, halved, mean over the shares taken away. 0 for a map that knows nothing, larger is better.
 * @param noise gives a standard normal number
 */
export async function roadCombined(
  image: FloatTensor,
  field: Float32Array,
  score: Score,
  noise: () => number,
): Promise<number> {
  const [, , rows = 0, columns = 0] = image.shape;
  const order = byRelevance(field);
  const without = (gone: readonly number[]): Float32Array[] => {
    const known = new Uint8Array(rows * columns).fill(1);
    for (const i of gone) known[i] = 0;
    return planesOf(image).map((values) => imputed({ rows, columns, values }, known, noise));
  };
  let sum = 0;
  for (const share of ROAD_SHARES) {
    const count = Math.round(share * order.length);
    const images = [without(order.slice(-count)), without(order.slice(0, count))];
    const [leastGone = 0, mostGone = 0] = await score(fromPlanes(images, image.shape));
    sum += (leastGone - mostGone) / 2;
  }
  return sum / ROAD_SHARES.length;
}

/** Mean score over the steps from one image to another, the pixels changing in the order given. */
async function along(
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  order: readonly number[],
  shape: readonly number[],
  score: Score,
): Promise<number> {
  const images = Array.from({ length: STEPS + 1 }, (_, step) => {
    const changed = order.slice(0, Math.round((step * order.length) / STEPS));
    return from.map((plane, c) => {
      const mixed = plane.slice();
      for (const i of changed) mixed[i] = to[c]?.[i] ?? 0;
      return mixed;
    });
  });
  const scores: number[] = [];
  for (let start = 0; start < images.length; start += 4) {
    scores.push(...(await score(fromPlanes(images.slice(start, start + 4), shape))));
  }
  // The area under the curve by trapezia.
  const ends = ((scores[0] ?? 0) + (scores.at(-1) ?? 0)) / 2;
  return (scores.reduce((a, b) => a + b, 0) - ends) / STEPS;
}

/**
 * Insertion and deletion (Petsiuk et al. 2018, arXiv 1806.07421): the area under the score's curve while the most
 * relevant pixels come first into a blurred image (high is good), or leave for the baseline first (low is good).
 */
export async function insertionAndDeletion(
  image: FloatTensor,
  field: Float32Array,
  score: Score,
  baseline: readonly number[],
): Promise<{ readonly insertion: number; readonly deletion: number }> {
  const [, , rows = 0, columns = 0] = image.shape;
  const order = byRelevance(field);
  const planes = planesOf(image);
  const blurred = planes.map((values) => {
    const [r, c] = [Math.max(1, Math.round(rows / BLUR)), Math.max(1, Math.round(columns / BLUR))];
    return resize(resize({ rows, columns, values }, r, c), rows, columns).values;
  });
  const flat = planes.map((plane, c) => new Float32Array(plane.length).fill(baseline[c] ?? 0));
  return {
    insertion: await along(blurred, planes, order, image.shape, score),
    deletion: await along(planes, flat, order, image.shape, score),
  };
}
