/**
 * @file What the CAM methods that weigh feature maps by gradients have in common: one graph, in which score, gradient
 * and map come from one run. A method supplies only how it weighs.
 */
import type { SaliencyMethod } from "../model/compile.ts";
import { GraphBuilder } from "../nn/builder.ts";
import { differentiate, gradientName } from "../nn/differentiate.ts";
import { joinProducts } from "../nn/join-products.ts";
import type { Model } from "../nn/model.ts";
import { Session } from "../nn/session.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import { oneByOne } from "./method.ts";
import type { Mapper, MapperOptions, Method, RawMaps } from "./method.ts";
import type { Network } from "./network.ts";
import { principalComponent } from "./principal-component.ts";
import { classTarget } from "./target.ts";
import type { Target } from "./target.ts";

/** Names of what a method weighs: both `[N, channels, rows, columns]`. */
export interface Weighed {
  readonly graph: GraphBuilder;
  readonly maps: string;
  /** The gradient of the target at the maps. */
  readonly gradient: string;
}

/** Adds the weighted maps `[N, channels, rows, columns]` and gives their name. */
export type Weigh = (weighed: Weighed) => string;

/** The weighted channels summed, the negative part left out: `[N, rows, columns]`. */
function addSum(graph: GraphBuilder, weighted: string): string {
  return graph.add("Relu", [graph.add("ReduceSum", [weighted, graph.ints([1])], { keepdims: 0 })]);
}

/** The model with the target's score and its gradient at the maps as inner values. */
function withGradient(
  model: Model,
  target: Target,
  { logits, classes, maps }: { logits: string; classes: number; maps: readonly string[] },
): { model: Model; score: string } {
  const scored = new GraphBuilder(model);
  // The images of a batch do not touch each other, so the gradient of the sum is each one's own.
  const score = target.add(scored, logits, classes, logits);
  const derived = differentiate(scored.build(), { of: score, withRespectTo: maps });
  return { model: joinProducts(derived), score };
}

/** A method as an output `saliency` of a model package. */
function asSaliency(name: string, weigh: Weigh): SaliencyMethod {
  return {
    name,
    add(model, { logits, classes, classIndex, maps }) {
      const compiled = withGradient(model, classTarget(classIndex), { logits, classes, maps }).model;
      const graph = new GraphBuilder({ ...compiled, outputs: model.outputs });
      const sum = maps
        .map((layer) => addSum(graph, weigh({ graph, maps: layer, gradient: gradientName(layer) })))
        .reduce((a, b) => graph.add("Add", [a, b]));
      graph.output(graph.add("Identity", [sum], {}, "saliency"), "saliency", ["N", "rows", "columns"]);
      return graph.build();
    },
  };
}

/**
 * The graph of a network with `logits`, `score` `[N, 1]` and `map`: `[N, rows, columns]`, or where the principal
 * component is wanted, the weighted maps it is taken of.
 */
export function explainedModel(
  network: Network,
  { target, layer, principal }: Pick<MapperOptions, "target" | "layer" | "principal">,
  weigh: Weigh,
  usesGradients = true,
): Model {
  const { model, logits, classes } = network;
  const plain = (): { model: Model; score: string } => {
    const graph = new GraphBuilder(model);
    const score = target.add(graph, logits, classes, logits);
    return { model: graph.build(), score };
  };
  const start = usesGradients ? withGradient(model, target, { logits, classes, maps: [layer] }) : plain();
  const graph = new GraphBuilder({ ...start.model, outputs: [] });
  const weighted = weigh({ graph, maps: layer, gradient: usesGradients ? gradientName(layer) : "" });
  graph.output(logits, "explained/logits");
  graph.output(start.score, "explained/score");
  if (principal) graph.output(weighted, "explained/map");
  else graph.output(addSum(graph, weighted), "explained/map");
  return graph.build();
}

/** Maps of a run; of weighted feature maps, their first principal component without its negative part. */
function mapsOf(
  { shape, data }: FloatTensor,
  principal: boolean,
): Pick<RawMaps, "rows" | "columns" | "maps"> {
  const [count = 0, ...rest] = shape;
  const [channels = 1, rows = 0, columns = 0] = principal ? rest : [1, ...rest];
  const cells = rows * columns;
  const maps = Array.from({ length: count }, (_, n) => {
    const own = data.slice(n * channels * cells, (n + 1) * channels * cells);
    if (!principal) return own;
    return principalComponent(own, channels, cells).map((value) => Math.max(0, value));
  });
  return { rows, columns, maps };
}

class CamMapper implements Mapper {
  readonly #session: Session;
  readonly #network: Network;
  readonly #principal: boolean;

  constructor(session: Session, network: Network, principal: boolean) {
    this.#session = session;
    this.#network = network;
    this.#principal = principal;
  }

  async run(images: FloatTensor): Promise<RawMaps> {
    if (this.#network.single && (images.shape[0] ?? 0) > 1) {
      return oneByOne(images, (image) => this.run(image));
    }
    const results = await this.#session.run({ [this.#network.input]: images });
    const { "explained/map": map, "explained/logits": logits, "explained/score": score } = results;
    if (map?.type !== "float32" || logits?.type !== "float32" || score?.type !== "float32") {
      throw new TypeError("a network's logits and feature maps must be float32 to be explained");
    }
    return { scores: [...score.data], logits, ...mapsOf(map, this.#principal) };
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }
}

interface CamOptions {
  readonly usesGradients?: boolean;
  /** The method shows the first principal component in place of the sum, always. */
  readonly principal?: boolean;
}

/** A CAM method by how it weighs the feature maps. */
export function camMethod(name: string, weigh: Weigh, options: CamOptions = {}): Method & SaliencyMethod {
  const usesGradients = options.usesGradients ?? true;
  return {
    ...asSaliency(name, weigh),
    usesGradients,
    cells: "layer",
    async prepare(network, given) {
      const principal = options.principal ?? given.principal;
      const model = explainedModel(network, { ...given, principal }, weigh, usesGradients);
      return new CamMapper(await Session.load(model, network.session), network, principal);
    },
  };
}
