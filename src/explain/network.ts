/**
 * @file A classifier to be explained: any ONNX graph with one image in and logits out.
 */
import type { Region } from "../domain/finding.ts";
import { measuredRegion } from "../model/measured-region.ts";
import { GraphBuilder } from "../nn/builder.ts";
import { inferShapes } from "../nn/infer-shapes.ts";
import { GraphError } from "../nn/model.ts";
import type { Model } from "../nn/model.ts";
import { Session } from "../nn/session.ts";
import type { SessionOptions } from "../nn/session.ts";
import { extract } from "../nn/subgraph.ts";
import { floats } from "../nn/tensor.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import type { Target } from "./target.ts";

/** A value of the graph with feature maps `[N, channels, rows, columns]`. */
export interface SpatialLayer {
  readonly name: string;
  readonly operator: string;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

export interface NetworkOptions {
  /** The value with the logits; found where left out. */
  readonly logits?: string;
  /** Side of the image, where the graph leaves it open. */
  readonly size?: number;
  readonly session?: SessionOptions;
}

/** The name of the input of a score's graph that holds the logits of the undisturbed image. */
const UNDISTURBED = "undisturbed logits";

/** The logits behind a probability: what Softmax or LogSoftmax is computed from; any other value is itself. */
function beforeSoftmax(model: Model, value: string): string {
  const producers = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let node = producers.get(value);
  while (node?.operator === "Identity") node = producers.get(node.inputs[0] ?? "");
  return node && ["Softmax", "LogSoftmax"].includes(node.operator) ? (node.inputs[0] ?? value) : value;
}

function withImageInput(model: Model, size: number | undefined): Model {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0) {
    throw new GraphError(`expected a network with one input, the image; this one has ${model.inputs.length}`);
  }
  if (input.type !== "float32" || input.shape?.length !== 4) {
    const got = `${input.type} [${input.shape?.join(", ") ?? "of unknown shape"}]`;
    throw new GraphError(`input "${input.name}": expected float32 [N, channels, rows, columns], got ${got}`);
  }
  const shape = input.shape.map((length, axis) => {
    if (axis === 0) return typeof length === "number" && length > 1 ? "N" : length;
    if (typeof length === "number") return length;
    if (axis === 1) return 3;
    if (size !== undefined) return size;
    throw new GraphError(
      `input "${input.name}" leaves its size open; say how large an image is (--input-size)`,
    );
  });
  return { ...model, inputs: [{ ...input, shape }] };
}

export class Network {
  /** Cut to what the logits need; the image's size is known. */
  readonly model: Model;
  readonly input: string;
  /** `[channels, rows, columns]` of an image. */
  readonly imageShape: readonly [channels: number, rows: number, columns: number];
  readonly logits: string;
  readonly classes: number;
  /** Whether the graph takes one image at a time only. */
  readonly single: boolean;
  readonly session: SessionOptions;
  /** Regions that were asked for, by layer. */
  readonly #regions = new Map<string, Promise<Region>>();

  private constructor(model: Model, logits: string, classes: number, session: SessionOptions) {
    const [input] = model.inputs;
    const [batch, channels = 0, rows = 0, columns = 0] = input?.shape ?? [];
    this.model = model;
    this.input = input?.name ?? "";
    this.imageShape = [Number(channels), Number(rows), Number(columns)];
    this.logits = logits;
    this.classes = classes;
    this.single = batch === 1;
    this.session = session;
  }

  /**
   * @throws GraphError when it is no image classifier: other inputs, no output `[N, classes]`
   */
  static async open(source: Model, { logits, size, session = {} }: NetworkOptions = {}): Promise<Network> {
    const names = source.outputs.map(({ name }) => name);
    const asked = logits ?? names.find((name) => name === "logits");
    const reasons: string[] = [];
    for (const name of asked === undefined ? names : [asked]) {
      const value = beforeSoftmax(source, name);
      const model = withImageInput(extract(source, [value]), size);
      const [, ...image] = model.inputs[0]?.shape ?? [];
      const shape = [1, ...image.map(Number)];
      const probe = await Session.load(model, session);
      try {
        const zeros = floats(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
        const result = (await probe.run({ [model.inputs[0]?.name ?? ""]: zeros }))[value];
        const [, classes = 0] = result?.shape ?? [];
        if (result?.shape.length === 2 && classes > 0) return new Network(model, value, classes, session);
        reasons.push(`"${name}" is [${result?.shape.join(", ") ?? ""}]`);
      } finally {
        await probe.dispose();
      }
    }
    throw new GraphError(`expected an output with one logit a class, [N, classes]; ${reasons.join("; ")}`);
  }

  /** All values with spatial feature maps, in the order they are computed. */
  layers(): SpatialLayer[] {
    const shapeOf = inferShapes(this.model);
    return this.model.nodes.flatMap(({ operator, outputs }) =>
      outputs.flatMap((name): SpatialLayer[] => {
        if (name === "") return [];
        try {
          const [, channels, rows, columns, ...more] = shapeOf(name);
          const known = [channels, rows, columns].every((length) => typeof length === "number");
          if (!known || more.length > 0 || Number(rows) * Number(columns) < 2) return [];
          return [
            { name, operator, channels: Number(channels), rows: Number(rows), columns: Number(columns) },
          ];
        } catch (error) {
          if (error instanceof GraphError) return []; // behind an operator whose shape rule is not known
          throw error;
        }
      }),
    );
  }

  /**
   * Layers by name; `auto` is the last one with spatial feature maps.
   * @throws GraphError listing the layers there are
   */
  findLayers(names: readonly string[]): SpatialLayer[] {
    const known = this.layers();
    if (known.length === 0) throw new GraphError("the network has no layer with spatial feature maps");
    return names.map((name) => {
      const found = name === "auto" ? known.at(-1) : known.find((layer) => layer.name === name);
      if (found) return found;
      const last = known.slice(-12).map((layer) => layer.name);
      throw new GraphError(
        `no layer "${name}" with spatial feature maps; the last of ${known.length} are ${last.join(", ")}`,
      );
    });
  }

  /** The part of the image that a layer's cells look at, in fractions of its sides. */
  regionOf(layer: SpatialLayer): Promise<Region> {
    const known = this.#regions.get(layer.name);
    if (known) return known;
    const { name, rows, columns } = layer;
    const region = measuredRegion(this.model, name, this.imageShape, [rows, columns], this.session);
    this.#regions.set(layer.name, region);
    return region;
  }

  /** The score of a target as a graph, from the image or from the value `from` of the network. */
  async scorer(target: Target, from: string = this.input): Promise<Scorer> {
    const [input] = this.model.inputs;
    const start = from === this.input ? input : undefined;
    const inner = start ? this.model : this.#after(from);
    const graph = new GraphBuilder({ ...inner, outputs: [] });
    graph.input(UNDISTURBED, [1, this.classes]);
    graph.output(target.add(graph, this.logits, this.classes, UNDISTURBED), "score", ["N", 1]);
    const session = await Session.load(graph.build(), this.session);
    return new Scorer(session, from, this.single);
  }

  /** The network after a value, which becomes its input. */
  #after(value: string): Model {
    const { nodes } = this.model;
    const shape = inferShapes(this.model)(value);
    const rest = nodes.filter(({ outputs }) => !outputs.includes(value));
    const cut = { ...this.model, nodes: rest, inputs: [{ name: value, type: "float32" as const, shape }] };
    return { ...extract(cut, [this.logits]), inputs: cut.inputs };
  }
}

/** Scores of images, or of feature maps. */
export class Scorer {
  readonly #session: Session;
  readonly #from: string;
  readonly #single: boolean;

  constructor(session: Session, from: string, single: boolean) {
    this.#session = session;
    this.#from = from;
    this.#single = single;
  }

  /**
   * One score a tensor of the batch.
   * @param values `[N, channels, rows, columns]`, all made of the same image
   * @param undisturbed the logits of that image, `[classes]`
   */
  async scores(values: FloatTensor, undisturbed: Float32Array): Promise<number[]> {
    const [count = 0, ...rest] = values.shape;
    const size = rest.reduce((a, b) => a * b, 1);
    const step = this.#single ? 1 : count;
    const found: number[] = [];
    for (let start = 0; start < count; start += step) {
      const part = floats([step, ...rest], values.data.subarray(start * size, (start + step) * size));
      const feeds = { [this.#from]: part, [UNDISTURBED]: floats([1, undisturbed.length], undisturbed) };
      const used = this.#session.inputNames.filter((name) => name in feeds);
      const { score } = await this.#session.run(
        Object.fromEntries(used.map((name) => [name, feeds[name] ?? part])),
      );
      found.push(...Array.from(score?.data ?? [], Number));
    }
    return found;
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }
}
