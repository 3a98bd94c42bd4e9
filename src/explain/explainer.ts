/**
 * @file A network, a method, a target and layers, ready to explain images: images in, scores and maps out.
 */
import type { Region, Saliency } from "../domain/finding.ts";
import { saliencyOnSlice } from "../imaging/overlay.ts";
import { GraphError } from "../nn/model.ts";
import { floats } from "../nn/tensor.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import { averagedOverViews } from "./augmented.ts";
import type { Mapper, Method, RawMaps } from "./method.ts";
import { METHODS } from "./methods.ts";
import type { Network, SpatialLayer } from "./network.ts";
import type { Target } from "./target.ts";

/** What is said of one image. */
export interface Explanation {
  /** The target's value. */
  readonly score: number;
  /** `[classes]`. */
  readonly logits: Float32Array;
  /** Its region is in fractions of the image's sides. */
  readonly saliency: Saliency;
}

export interface ExplainerOptions {
  readonly method: Method;
  readonly target: Target;
  /** Names, or `auto`; several are averaged. By default `auto`. */
  readonly layers?: readonly string[];
  /** Average over mirrored and brightened forms of the image. */
  readonly augmented?: boolean;
  /** Show the first principal component of the weighted feature maps instead of their sum. */
  readonly principal?: boolean;
  /** What stands for "nothing seen", one value a channel; 0 by default. */
  readonly baseline?: readonly number[];
}

const WHOLE: Region = { top: 0, left: 0, rows: 1, columns: 1 };

/** A raw map as values of 0…1 and its peak. */
export function toSaliency(raw: Float32Array, rows: number, columns: number, region: Region): Saliency {
  const peak = raw.reduce((a, b) => Math.max(a, b), 0);
  return { rows, columns, values: raw.map((value) => (peak > 0 ? value / peak : 0)), peak, region };
}

/** A map on the pixels of an image it covers by fractions of its sides; `[rows, columns]`, 0…1 of the peak. */
export function onImage(saliency: Saliency, rows: number, columns: number): Float32Array {
  const { region } = saliency;
  const inPixels = {
    top: region.top * rows,
    left: region.left * columns,
    rows: region.rows * rows,
    columns: region.columns * columns,
  };
  return saliencyOnSlice({ ...saliency, region: inPixels }, rows, columns, 1);
}

/** The mean of several layers' maps, each as high as the others; its peak is the mean of theirs. */
function meanOfLayers(maps: readonly Saliency[], rows: number, columns: number): Saliency {
  const sum = new Float32Array(rows * columns);
  for (const map of maps) onImage(map, rows, columns).forEach((value, i) => (sum[i] = (sum[i] ?? 0) + value));
  const peak = maps.reduce((total, map) => total + map.peak, 0) / maps.length;
  return { ...toSaliency(sum, rows, columns, WHOLE), peak };
}

/** Layers that the method would look at: one, of no meaning, where it looks at pixels. */
function layersFor(network: Network, method: Method, names: readonly string[]): readonly SpatialLayer[] {
  if (method.cells === "layer") return network.findLayers(names);
  const [channels, rows, columns] = network.imageShape;
  return [{ name: network.input, operator: "input", channels, rows, columns }];
}

export class Explainer {
  readonly network: Network;
  readonly method: Method;
  readonly layers: readonly SpatialLayer[];
  readonly #mappers: readonly Mapper[];
  readonly #regions: readonly Region[];
  readonly #augmented: boolean;

  private constructor(
    network: Network,
    { method, augmented = false }: ExplainerOptions,
    layers: readonly SpatialLayer[],
    mappers: readonly Mapper[],
    regions: readonly Region[],
  ) {
    this.network = network;
    this.method = method;
    this.layers = layers;
    this.#mappers = mappers;
    this.#augmented = augmented;
    this.#regions = regions;
  }

  /**
   * @throws GraphError for an unknown layer (listing those there are), a target that does not depend on it, or an
   *   operator without a gradient rule (naming the methods that need none)
   */
  static async open(network: Network, options: ExplainerOptions): Promise<Explainer> {
    const { method, target, principal = false } = options;
    const layers = layersFor(network, method, options.layers ?? ["auto"]);
    const baseline = options.baseline ?? Array.from({ length: network.imageShape[0] }, () => 0);
    const mappers: Mapper[] = [];
    try {
      for (const { name } of layers) {
        mappers.push(await method.prepare(network, { target, layer: name, principal, baseline }));
      }
    } catch (error) {
      for (const mapper of mappers) await mapper.dispose();
      if (!(error instanceof GraphError) || !method.usesGradients) throw error;
      const others = METHODS.filter(({ usesGradients }) => !usesGradients).map(({ name }) => name);
      throw new GraphError(
        `${method.name} needs the gradient: ${error.message}. Without gradients work ${others.join(", ")}`,
        { cause: error },
      );
    }
    const regions: Region[] = [];
    for (const layer of layers)
      regions.push(method.cells === "layer" ? await network.regionOf(layer) : WHOLE);
    return new Explainer(network, options, layers, mappers, regions);
  }

  /**
   * Explain images; a batch gives what its images would give one by one.
   * @param images `[N, channels, rows, columns]`, normalised as the network wants them
   */
  async explain(images: FloatTensor): Promise<Explanation[]> {
    const [, rows, columns] = this.network.imageShape;
    const byLayer: RawMaps[] = [];
    for (const mapper of this.#mappers) {
      byLayer.push(this.#augmented ? await averagedOverViews(mapper, images) : await mapper.run(images));
    }
    const { classes } = this.network;
    return Array.from({ length: images.shape[0] ?? 0 }, (_, n) => {
      const maps = byLayer.map((raw, layer) =>
        toSaliency(raw.maps[n] ?? new Float32Array(), raw.rows, raw.columns, this.#regions[layer] ?? WHOLE),
      );
      const [first, ...others] = maps;
      return {
        score: byLayer[0]?.scores[n] ?? NaN,
        logits: byLayer[0]?.logits.data.slice(n * classes, (n + 1) * classes) ?? new Float32Array(),
        saliency: first && others.length === 0 ? first : meanOfLayers(maps, rows, columns),
      };
    });
  }

  /** Free the memory of the compiled graphs. */
  async dispose(): Promise<void> {
    for (const mapper of this.#mappers) await mapper.dispose();
  }
}

/** An image `[channels, rows, columns]` as a batch of one. */
export function asBatch(shape: readonly number[], data: Float32Array): FloatTensor {
  return floats([1, ...shape], data);
}
