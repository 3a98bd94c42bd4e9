/**
 * @file A model package: a folder with `model.onnx`, `labels.json`, `model.json` and `MODEL_CARD.md`.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { writeOnnx } from "../nn/onnx-file.ts";
import type { Model } from "../nn/model.ts";
import { ModelPackageError, parseModelSpec } from "./spec.ts";
import type { ModelSpec } from "./spec.ts";

export interface ModelPackage {
  readonly spec: ModelSpec;
  /** Class names; a class's place is its place in the logits. */
  readonly labels: readonly string[];
  /** The bytes of `model.onnx`. */
  readonly onnx: Uint8Array;
  readonly card: string;
}

/** Where the model that comes with the program lies. */
export const DEFAULT_MODEL_DIR = join(import.meta.dirname, "..", "..", "models", "default");

/** `sha256:…` of some bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function readPart(dir: string, file: string): Promise<Buffer> {
  try {
    return await readFile(join(dir, file));
  } catch (cause) {
    throw new ModelPackageError(`no model package in ${dir}: ${file} cannot be read`, { cause });
  }
}

function parseJson(bytes: Buffer, file: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new ModelPackageError(`${file} is not JSON`, { cause });
  }
}

/**
 * Class names in the order of their index, from `{"normal":0,"hemorrhage":1}`.
 * @throws ModelPackageError when the indices are not 0, 1, 2…
 */
export function parseLabels(value: unknown): readonly string[] {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>);
  const labels = entries.toSorted(([, a], [, b]) => Number(a) - Number(b));
  if (labels.length < 2 || labels.some(([, index], place) => index !== place)) {
    const got = JSON.stringify(value);
    throw new ModelPackageError(`labels.json: expected class names numbered 0, 1, 2…, got ${got}`);
  }
  return labels.map(([label]) => label);
}

/** What a package says of itself, without its network. @throws ModelPackageError */
export async function readPackageSpec(dir: string): Promise<ModelSpec> {
  return parseModelSpec(parseJson(await readPart(dir, "model.json"), "model.json"));
}

/**
 * Read a package and check that its parts belong together.
 * @throws ModelPackageError saying which part is missing or wrong
 */
export async function loadPackage(dir: string): Promise<ModelPackage> {
  const spec = await readPackageSpec(dir);
  const labels = parseLabels(parseJson(await readPart(dir, "labels.json"), "labels.json"));
  const onnx = await readPart(dir, "model.onnx");
  const card = (await readPart(dir, "MODEL_CARD.md")).toString("utf8");
  const digest = digestOf(onnx);
  if (digest !== spec.digest) {
    throw new ModelPackageError(
      `model.onnx is not the file that model.json describes: ${digest}, not ${spec.digest}`,
    );
  }
  if (!labels.includes(spec.positive)) {
    throw new ModelPackageError(`model.json: positive: "${spec.positive}" is none of ${labels.join(", ")}`);
  }
  if (spec.calibration.bias.length !== labels.length) {
    throw new ModelPackageError(`model.json: calibration.bias: expected ${labels.length} numbers`);
  }
  return { spec, labels, onnx, card };
}

/** Everything of a package but what follows from the graph. */
export interface PackageParts {
  readonly spec: Omit<ModelSpec, "digest">;
  readonly labels: readonly string[];
  readonly model: Model;
  readonly card: string;
  /** Further files: name → content (the extractor's licence). */
  readonly extra?: Readonly<Record<string, string>>;
}

/** Write a package. It is complete beside its place before it takes it, so a reader never sees half of one. */
export async function savePackage(dir: string, parts: PackageParts): Promise<ModelPackage> {
  const onnx = writeOnnx(parts.model);
  const spec = parseModelSpec({ ...parts.spec, digest: digestOf(onnx) });
  const index = Object.fromEntries(parts.labels.map((label, place) => [label, place]));
  const files: Record<string, string | Uint8Array> = {
    "model.onnx": onnx,
    "model.json": `${JSON.stringify(spec, null, 2)}\n`,
    "labels.json": `${JSON.stringify(index)}\n`,
    "MODEL_CARD.md": parts.card,
    ...parts.extra,
  };
  const staging = join(dirname(dir), `.${basename(dir)}.${process.pid}`);
  await mkdir(staging, { recursive: true });
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(staging, name), content);
    await rm(dir, { recursive: true, force: true });
    await rename(staging, dir);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return { spec, labels: parts.labels, onnx, card: parts.card };
}
