/**
 * @file TensorFlow.js layers models: topology and named weights, from `model.json` with `.bin` shards, or from
 * scripts that export the same as literals (`model.min.js`, base64 in `group1-shard1of6.min.js`).
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { sizeOf } from "../../nn/tensor.ts";
import { UnreadableWeights } from "./gguf.ts";
import { readExportedLiteral } from "./js-literal.ts";

/** A Keras layer as the topology lists it. */
export interface KerasLayer {
  readonly name: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** For each use of the layer, its inputs: `[layer name, …]`. */
  readonly inbound_nodes: readonly (readonly (readonly [string, ...unknown[]])[])[];
}

interface ManifestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly scale: number; readonly min: number };
}

interface ModelJson {
  readonly modelTopology: Readonly<Record<string, unknown>>;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly ManifestWeight[];
  }[];
}

/** A weight: float32, or 8 bits of `data · scale + min`. */
export type TfjsWeight =
  | { readonly kind: "float"; readonly shape: readonly number[]; readonly data: Float32Array }
  | {
      readonly kind: "quantised";
      readonly shape: readonly number[];
      readonly data: Uint8Array;
      readonly scale: number;
      readonly min: number;
    };

export interface TfjsModel {
  readonly layers: readonly KerasLayer[];
  readonly weights: ReadonlyMap<string, TfjsWeight>;
}

/** The topology's file of a folder, or null when there is none. */
export function tfjsModelFile(dir: string): string | null {
  return ["model.json", "model.min.js"].map((name) => join(dir, name)).find(existsSync) ?? null;
}

async function readShard(dir: string, path: string): Promise<Buffer> {
  const binary = join(dir, path);
  if (existsSync(binary)) return readFile(binary);
  const script = `${binary.replace(/\.bin$/, "")}.min.js`;
  const exported = readExportedLiteral(await readFile(script, "latin1"));
  if (typeof exported !== "string") throw new UnreadableWeights(`${script}: expected a base64 text`);
  return Buffer.from(exported, "base64");
}

function readWeight({ name, shape, dtype, quantization }: ManifestWeight, bytes: Buffer): TfjsWeight {
  if (quantization?.dtype === "uint8") {
    const { scale, min } = quantization;
    return { kind: "quantised", shape, data: Uint8Array.from(bytes), scale, min };
  }
  if (quantization || dtype !== "float32") {
    const got = quantization ? `quantised to ${quantization.dtype}` : dtype;
    throw new UnreadableWeights(`weight "${name}" is ${got}; expected float32, or quantised to uint8`);
  }
  return { kind: "float", shape, data: new Float32Array(Uint8Array.from(bytes).buffer) };
}

function layersOf({ modelTopology }: ModelJson): readonly KerasLayer[] {
  const config = (modelTopology["model_config"] ?? modelTopology) as { config?: { layers?: KerasLayer[] } };
  const layers = config.config?.layers;
  if (!layers) throw new UnreadableWeights("the model's topology lists no layers: it is no layers model");
  return layers;
}

/**
 * Read a layers model from its folder. Scripts are read, never run.
 * @throws UnreadableWeights when the topology or the weights are not as expected
 */
export async function readTfjsModel(dir: string): Promise<TfjsModel> {
  const file = tfjsModelFile(dir);
  if (!file) throw new UnreadableWeights(`${dir}: expected model.json or model.min.js`);
  const text = await readFile(file, "utf8");
  const model = (file.endsWith(".js") ? readExportedLiteral(text) : JSON.parse(text)) as ModelJson;
  const weights = new Map<string, TfjsWeight>();
  for (const group of model.weightsManifest) {
    const bytes = Buffer.concat(await Promise.all(group.paths.map((path) => readShard(dir, path))));
    let offset = 0;
    for (const weight of group.weights) {
      const length = sizeOf(weight.shape) * (weight.quantization ? 1 : 4);
      if (offset + length > bytes.length) {
        throw new UnreadableWeights(`the weights end before "${weight.name}" does`);
      }
      weights.set(weight.name, readWeight(weight, bytes.subarray(offset, offset + length)));
      offset += length;
    }
  }
  return { layers: layersOf(model), weights };
}
