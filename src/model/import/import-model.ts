/**
 * @file Pretrained extractors → ONNX, with a note of where they come from and their licence beside them.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

import type { Model } from "../../nn/model.ts";
import { readOnnx, writeOnnx } from "../../nn/onnx-file.ts";
import { extract } from "../../nn/subgraph.ts";
import type { Normalisation } from "../spec.ts";
import { IMAGENET_NORMALISATION, SYMMETRIC_NORMALISATION, notePath } from "./extractor-note.ts";
import type { ExtractorNote } from "./extractor-note.ts";
import { UnreadableWeights, readGguf } from "./gguf.ts";
import { kerasModel } from "./keras-layers.ts";
import { mobileNetV3Small } from "./mobilenet-v3.ts";
import { withSource } from "./source.ts";
import type { LocalSource } from "./source.ts";
import { readTfjsModel, tfjsModelFile } from "./tfjs-weights.ts";

/** What is known of a package that holds an extractor. */
interface KnownPackage {
  readonly description: string;
  /** The weights, within the package. */
  readonly path: string;
  readonly licence: string;
  readonly layer: string;
  readonly size: number;
  readonly normalisation: Normalisation;
}

/** Package name → what is in it. */
const KNOWN_PACKAGES: Readonly<Record<string, KnownPackage>> = {
  "@qvac/classification-ggml": {
    description: "MobileNetV3-Small, ImageNet weights of torchvision fine-tuned on photographs",
    path: "weights/mobilenetv3_3class_v3_fp16.gguf",
    licence: "Apache-2.0",
    layer: "features",
    size: 224,
    normalisation: IMAGENET_NORMALISATION,
  },
  nsfwjs: {
    description: "Inception-v3; up to mixed5 the ImageNet weights of Keras, in 8 bits",
    path: "dist/models/inception_v3",
    licence: "MIT",
    layer: "mixed5",
    size: 299,
    normalisation: SYMMETRIC_NORMALISATION,
  },
};

export interface ImportOptions {
  /** The layer the extractor ends with; known packages have one. */
  readonly layer?: string;
  readonly normalisation?: Normalisation;
}

export interface Imported {
  readonly model: Model;
  readonly note: ExtractorNote;
  /** Text of the licence, with the notices that belong to it; "" when none was found. */
  readonly licenceText: string;
}

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

async function packageJsonOf(dir: string): Promise<PackageJson> {
  const content = await readFile(join(dir, "package.json"), "utf8").catch(() => "{}");
  return JSON.parse(content) as PackageJson;
}

/** LICENSE, NOTICE and their like of a folder, one after the other. */
async function licenceTextOf(dir: string): Promise<string> {
  const names = await readdir(dir);
  const files = names.filter((name) => /^(licen[cs]e|notice|copying)(\.(txt|md))?$/i.test(name)).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(dir, name), "utf8")));
  return texts.join(`\n${"=".repeat(80)}\n\n`);
}

/** The network in a file or a folder of weights, and the layer it ends with. */
async function convert(path: string, layer: string | undefined): Promise<Model> {
  const extension = extname(path).toLowerCase();
  if (extension === ".onnx") {
    const model = readOnnx(await readFile(path));
    return layer === undefined ? model : extract(model, [layer]);
  }
  if (extension === ".gguf") {
    const { metadata, tensors } = readGguf(await readFile(path));
    const architecture = metadata.get("general.architecture");
    if (!tensors.has("features.12.0.weight")) {
      throw new UnreadableWeights(
        `${basename(path)} is a ${JSON.stringify(architecture)} model; of GGUF files only MobileNetV3-Small is supported`,
      );
    }
    return extract(mobileNetV3Small(tensors), [layer ?? "features"]);
  }
  const folder = (await stat(path)).isDirectory() ? path : dirname(path);
  if (!tfjsModelFile(folder)) {
    throw new UnreadableWeights(
      `${basename(path)}: expected an .onnx file, a .gguf file, or a TensorFlow.js model's folder`,
    );
  }
  if (layer === undefined)
    throw new UnreadableWeights("say with --layer which layer the extractor ends with");
  return kerasModel(await readTfjsModel(folder), layer);
}

async function importLocal(
  { path, source, integrity }: LocalSource,
  { layer, normalisation }: ImportOptions,
): Promise<Imported> {
  if (!existsSync(path)) throw new UnreadableWeights(`${source}: there is no such file or folder`);
  const isFolder = (await stat(path)).isDirectory();
  const { name, version, license } = isFolder ? await packageJsonOf(path) : {};
  const known = name === undefined ? undefined : KNOWN_PACKAGES[name];
  const model = await convert(known ? join(path, known.path) : path, layer ?? known?.layer);
  const side = model.inputs[0]?.shape?.[2];
  const size = known?.size ?? (typeof side === "number" ? side : 224);
  return {
    model,
    note: {
      description: known?.description ?? basename(path),
      source: integrity === null && name && version ? `npm:${name}@${version}` : source,
      integrity,
      licence: known?.licence ?? license ?? "not stated",
      size,
      normalisation: normalisation ?? known?.normalisation ?? IMAGENET_NORMALISATION,
    },
    licenceText: await licenceTextOf(isFolder ? path : dirname(path)),
  };
}

/**
 * Read a pretrained extractor.
 * @param source a file, a package's folder, or `npm:NAME@VERSION`
 * @throws UnreadableWeights or GraphError when it is none that is supported; FetchFailed when npm cannot bring it
 */
export function importModel(source: string, options: ImportOptions = {}): Promise<Imported> {
  return withSource(source, (local) => importLocal(local, options));
}

/** Write an extractor: `NAME.onnx`, `NAME.json`, and `NAME.LICENSE.txt` where there is a text. */
export async function saveExtractor(file: string, { model, note, licenceText }: Imported): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, writeOnnx(model));
  await writeFile(notePath(file), `${JSON.stringify(note, null, 2)}\n`);
  if (licenceText) await writeFile(licencePath(file), licenceText);
}

/** Where the licence of an extractor lies. */
export function licencePath(onnxFile: string): string {
  return `${onnxFile.replace(/\.onnx$/i, "")}.LICENSE.txt`;
}
