/**
 * @file Training a model: softmax cross-entropy, its gradients compiled by `differentiate` and run by ONNX Runtime, and an
 * optimizer's update. The same start, batches and number of threads give the same parameters, bit for bit.
 */
import { availableParallelism } from "node:os";

import { blockSize } from "./blocked/block-size.ts";
import { gradientName } from "./differentiate.ts";
import type { Model, Shape } from "./model.ts";
import { OPTIMIZERS } from "./optimizer.ts";
import type { OptimizerName } from "./optimizer.ts";
import { ParameterStore } from "./parameter-store.ts";
import type { StoredParameter } from "./parameter-store.ts";
import { Session } from "./session.ts";
import type { Values } from "./session.ts";
import { extract } from "./subgraph.ts";
import { floats } from "./tensor.ts";
import type { FloatTensor, Tensor } from "./tensor.ts";
import { LOSS, TARGET, trainingGraph, withInputShapes } from "./training-graph.ts";
import type { TrainingState } from "./training-state.ts";

export interface TrainingStepOptions {
  /** Name of a value of the model, `[N, classes]`. */
  readonly logits: string;
  /** Names of the float32 initializers that are trained. */
  readonly parameters: readonly string[];
  readonly optimizer: OptimizerName;
  /** Threads within one operator; ONNX Runtime's default is one a physical core. */
  readonly threads?: number;
}

/** By parameter, see `Rate`. */
export interface Rates {
  readonly learningRate: (parameter: string) => number;
  readonly weightDecay: (parameter: string) => number;
}

export interface StepResult {
  readonly loss: number;
  /** `[N, classes]` */
  readonly logits: FloatTensor;
}

interface Parameter extends StoredParameter {
  readonly shape: readonly number[];
}

/** Graphs are compiled for one batch size each; so many are kept, the one used last at the end. */
const KEPT_SESSIONS = 2;

function floatOutput(outputs: Readonly<Record<string, Tensor>>, name: string): FloatTensor {
  const tensor = outputs[name];
  if (tensor?.type !== "float32") throw new TypeError(`training graph: output "${name}" is no float32`);
  return tensor;
}

/** −Σ target · logSoftmax(logits), in double precision. */
function crossEntropy(logits: FloatTensor, target: FloatTensor): number {
  const classes = logits.shape.at(-1) ?? 1;
  let loss = 0;
  for (let start = 0; start < logits.data.length; start += classes) {
    const row = logits.data.subarray(start, start + classes);
    const highest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const logSum = highest + Math.log(row.reduce((sum, v) => sum + Math.exp(v - highest), 0));
    row.forEach((value, i) => (loss -= (target.data[start + i] ?? 0) * (value - logSum)));
  }
  return loss;
}

/** A model that is being trained. Calls must not overlap: wait for one before the next. */
export class TrainingStep {
  readonly #model: Model;
  readonly #options: TrainingStepOptions;
  readonly #store: ParameterStore;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  /** Where each run leaves its gradients, by the output's name. */
  readonly #gradients: Readonly<Record<string, FloatTensor>>;
  /** Training graphs by the shapes of what they are fed. */
  readonly #sessions = new Map<string, Session>();
  #evaluation: Session | undefined;
  #steps = 0;

  private constructor(model: Model, options: TrainingStepOptions) {
    this.#model = extract(model, [options.logits]);
    this.#options = options;
    const initial = new Map(
      options.parameters.map((name) => {
        const tensor = this.#model.initializers.get(name);
        if (tensor?.type !== "float32") {
          throw new RangeError(`"${name}" is no float32 initializer that "${options.logits}" depends on`);
        }
        return [name, tensor] as const;
      }),
    );
    const values = new Map([...initial].map(([name, { data }]) => [name, data]));
    this.#store = new ParameterStore(options.optimizer, values, options.threads ?? availableParallelism());
    this.#parameters = new Map(
      [...initial].map(([name, { shape }]) => [name, { shape, ...this.#store.get(name) }]),
    );
    this.#gradients = Object.fromEntries(
      [...this.#parameters].map(([name, { shape, gradient }]) => [
        gradientName(name),
        floats(shape, gradient),
      ]),
    );
  }

  /** @throws RangeError, GraphError when the logits or a parameter is not the model's */
  static create(model: Model, options: TrainingStepOptions): Promise<TrainingStep> {
    return Promise.resolve().then(() => new TrainingStep(model, options));
  }

  /**
   * One update on a batch, of the loss −Σ target · logSoftmax(logits). Where the loss or a gradient is no finite number,
   * the loss that comes back is NaN and nothing is updated.
   * @param target `[N, classes]`: probabilities times the example's weight
   * @throws GraphError when an operator has no gradient rule
   */
  async step(feeds: Values, target: FloatTensor, rates: Rates): Promise<StepResult> {
    const session = await this.#trainingSession(feeds);
    const outputs = await session.run(
      { ...feeds, ...this.#tensors(), [TARGET]: target },
      session.outputNames,
      this.#gradients,
    );
    const logits = floatOutput(outputs, this.#options.logits);
    const loss = floatOutput(outputs, LOSS).data[0] ?? NaN;
    if (!Number.isFinite(loss) || !(await this.#store.gradientsAreFinite())) return { loss: NaN, logits };
    this.#steps++;
    const { learningRate, weightDecay } = rates;
    await this.#store.update(
      (name) => ({ learningRate: learningRate(name), weightDecay: weightDecay(name) }),
      this.#steps,
    );
    await this.#forgetEvaluation();
    return { loss, logits };
  }

  /** Loss and logits of a batch with the current parameters; nothing is updated. */
  async evaluate(feeds: Values, target: FloatTensor): Promise<StepResult> {
    const anyShapes = Object.entries(feeds).map(([name, { shape }]) => {
      return [name, shape.map((_, axis) => `${name}#${axis}`)] as const;
    });
    this.#evaluation ??= await Session.load(
      withInputShapes(this.model(), new Map(anyShapes)),
      this.#sessionOptions(),
    );
    const outputs = await this.#evaluation.run(feeds, [this.#options.logits]);
    const logits = floatOutput(outputs, this.#options.logits);
    return { loss: crossEntropy(logits, target), logits };
  }

  /** Current values; they change with the next step. */
  parameters(): ReadonlyMap<string, Float32Array> {
    return new Map([...this.#parameters].map(([name, { values }]) => [name, values]));
  }

  /** The part of the model that computes the logits, with the current parameters. */
  model(): Model {
    const trained = [...this.#parameters].map(
      ([name, { shape, values }]) => [name, floats(shape, Float32Array.from(values))] as const,
    );
    return {
      ...this.#model,
      initializers: new Map<string, Tensor>([...this.#model.initializers, ...trained]),
    };
  }

  /** A copy of everything that the next steps depend on. */
  state(): TrainingState {
    const parameters = [...this.#parameters].map(([name, { values, moments }]) => {
      const named = OPTIMIZERS[this.#options.optimizer].moments.map(
        (moment, i) => [moment, moments[i]?.slice()] as const,
      );
      return [name, { values: values.slice(), ...Object.fromEntries(named) }] as const;
    });
    return { optimizer: this.#options.optimizer, steps: this.#steps, parameters: new Map(parameters) };
  }

  /** Go on from a state. @throws RangeError when it is another optimizer's, or of other parameters; nothing is changed then */
  async restore({ optimizer, steps, parameters }: TrainingState): Promise<void> {
    if (optimizer !== this.#options.optimizer) {
      throw new RangeError(
        `the state is of optimizer ${optimizer}, this run's is ${this.#options.optimizer}`,
      );
    }
    const copies = [...this.#parameters].flatMap(([name, { values, moments }]) =>
      ["values", ...OPTIMIZERS[this.#options.optimizer].moments].map((kind, i) => {
        const to = i === 0 ? values : moments[i - 1];
        const from = parameters.get(name)?.[kind];
        if (!to || from?.length !== to.length) {
          throw new RangeError(
            `the state has ${from?.length ?? "no"} ${kind} of "${name}", expected ${to?.length ?? 0}`,
          );
        }
        return { from, to };
      }),
    );
    for (const { from, to } of copies) to.set(from);
    this.#steps = steps;
    await this.#forgetEvaluation();
  }

  /** End the threads and free the memory of the compiled graphs. */
  async dispose(): Promise<void> {
    await this.#forgetEvaluation();
    await this.#store.dispose();
    for (const session of this.#sessions.values()) await session.dispose();
    this.#sessions.clear();
  }

  #sessionOptions() {
    const { threads } = this.#options;
    return threads === undefined ? {} : { threads };
  }

  #tensors(): Record<string, FloatTensor> {
    const entries = [...this.#parameters].map(
      ([name, { shape, values }]) => [name, floats(shape, values)] as const,
    );
    return Object.fromEntries(entries);
  }

  async #trainingSession(feeds: Values): Promise<Session> {
    const shapes = new Map<string, Shape>(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
    const key = JSON.stringify([...shapes]);
    const session = this.#sessions.get(key) ?? (await this.#compile(shapes));
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > KEPT_SESSIONS && oldest !== undefined) {
      await this.#sessions.get(oldest)?.dispose();
      this.#sessions.delete(oldest);
    }
    return session;
  }

  async #compile(shapes: ReadonlyMap<string, Shape>): Promise<Session> {
    const { logits, parameters } = this.#options;
    const model = withInputShapes(this.#model, shapes);
    const graph = trainingGraph(model, logits, parameters, await blockSize());
    return Session.load(graph, { ...this.#sessionOptions(), plannedMemory: false });
  }

  async #forgetEvaluation(): Promise<void> {
    await this.#evaluation?.dispose();
    this.#evaluation = undefined;
  }
}
