/**
 * @file A tiny network and tiny pictures for tests of training.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";

import { GraphBuilder } from "../../nn/builder.ts";
import type { Model } from "../../nn/model.ts";
import { floats } from "../../nn/tensor.ts";
import { readPicture } from "../picture-file.ts";
import { readLabelledFolder } from "./labelled-folder.ts";
import { prepareTrainingData } from "./prepare-data.ts";
import type { PrepareOptions, PreparedData } from "./prepare-data.ts";
import { seededRandom } from "./random.ts";

export const TINY_SIDE = 24;

/** Two convolutions and a classifier of ten classes; input `image`, feature maps `maps` `[N, 8, 6, 6]`. */
export function tinyCnn(): Model {
  const random = seededRandom(11);
  const graph = new GraphBuilder();
  const weight = (name: string, shape: readonly number[]): string => {
    const length = shape.reduce((a, b) => a * b, 1);
    const spread = 2 / Math.sqrt(length / (shape[0] ?? 1));
    return graph.constant(
      floats(
        shape,
        Float32Array.from({ length }, () => spread * (2 * random() - 1)),
      ),
      name,
    );
  };
  const strides = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
  const image = graph.input("image", ["N", 3, TINY_SIDE, TINY_SIDE]);
  const first = graph.add("Conv", [image, weight("w1", [6, 3, 3, 3]), weight("b1", [6])], strides);
  const second = graph.add("Conv", [graph.add("Relu", [first]), weight("w2", [8, 6, 3, 3])], strides);
  const maps = graph.add("Relu", [second], {}, "maps");
  const pooled = graph.add("Flatten", [graph.add("GlobalAveragePool", [maps])], { axis: 1 });
  graph.add("Gemm", [pooled, weight("w3", [10, 8])], { transB: 1 }, "scores");
  graph.output("scores", "scores", ["N", 10]);
  return graph.build();
}

export interface TinyPicture {
  /** Brightness of the square in the middle. */
  readonly square: number;
  readonly seed: number;
}

/** A noisy grey picture with a square in it, as PNG. */
export async function writeTinyPicture(file: string, { square, seed }: TinyPicture): Promise<void> {
  const random = seededRandom(seed);
  const rgb = Buffer.alloc(3 * TINY_SIDE ** 2);
  const [left, top] = [4 + Math.floor(8 * random()), 4 + Math.floor(8 * random())];
  for (let y = 0; y < TINY_SIDE; y++) {
    for (let x = 0; x < TINY_SIDE; x++) {
      const inside = x >= left && x < left + 8 && y >= top && y < top + 8;
      rgb.fill(
        Math.round((inside ? square : 90) + 20 * random()),
        3 * (y * TINY_SIDE + x),
        3 * (y * TINY_SIDE + x) + 3,
      );
    }
  }
  await sharp(rgb, { raw: { width: TINY_SIDE, height: TINY_SIDE, channels: 3 } })
    .png()
    .toFile(file);
}

/** Class folders: `patients` patients a class with `each` pictures; "hemorrhage" has a bright square. */
export async function writeTinyFolder(dir: string, patients = 6, each = 4): Promise<void> {
  for (const [c, label] of ["normal", "hemorrhage"].entries()) {
    await mkdir(join(dir, label), { recursive: true });
    for (let n = 0; n < patients * each; n++) {
      const file = join(dir, label, `p${c}${Math.floor(n / each)}_${n}.png`);
      await writeTinyPicture(file, { square: c === 0 ? 100 : 190, seed: 100 * c + n + 1 });
    }
  }
}

/** A folder's pictures, decoded, without validation if nothing else is said. */
export async function tinyData(dir: string, change: Partial<PrepareOptions> = {}): Promise<PreparedData> {
  return prepareTrainingData(await readLabelledFolder(dir), {
    size: TINY_SIDE,
    decode: (bytes, file) => readPicture(bytes, TINY_SIDE, file),
    spillFile: `${dir}.rgb`,
    validationSplit: 0,
    seed: 1,
    allowDuplicates: false,
    ...change,
  });
}
