/**
 * @file What stands beside an imported extractor, `NAME.json` for `NAME.onnx`: where it is from, and what it wants
 * to be shown.
 */
import { readFile } from "node:fs/promises";

import type { Normalisation } from "../spec.ts";

export interface ExtractorNote {
  readonly description: string;
  /** Where the weights come from, with the version. */
  readonly source: string;
  /** The integrity the registry gives for the package, or null for a file. */
  readonly integrity: string | null;
  readonly licence: string;
  /** Side of the input, in pixels. */
  readonly size: number;
  readonly normalisation: Normalisation;
}

/** ImageNet's mean and deviation, of values 0…255 (torchvision). */
export const IMAGENET_NORMALISATION: Normalisation = {
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};

/** 0…255 to -1…1 (Inception, MobileNetV2). */
export const SYMMETRIC_NORMALISATION: Normalisation = {
  mean: [127.5, 127.5, 127.5],
  std: [127.5, 127.5, 127.5],
};

/** 0…255 to 0…1. */
export const UNIT_NORMALISATION: Normalisation = { mean: [0, 0, 0], std: [255, 255, 255] };

/** Where the note of an extractor lies. */
export function notePath(onnxFile: string): string {
  return onnxFile.replace(/\.onnx$/i, "") + ".json";
}

/** The note of an extractor, or null when it has none. */
export async function readExtractorNote(onnxFile: string): Promise<ExtractorNote | null> {
  const content = await readFile(notePath(onnxFile), "utf8").catch(() => null);
  return content === null ? null : (JSON.parse(content) as ExtractorNote);
}
