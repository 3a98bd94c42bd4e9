/**
 * @file Training a network: one run over the pictures, epoch by epoch, with checkpoints. The same network,
 * pictures, options and threads give the same weights bit for bit, whether it was interrupted or not.
 */
import { TrainingStep } from "../../nn/training-step.ts";
import type { Rates } from "../../nn/training-step.ts";
import { floats } from "../../nn/tensor.ts";
import type { FloatTensor } from "../../nn/tensor.ts";
import type { CheckpointFolder, RunProgress, RunningSums } from "./checkpoint.ts";
import { NOTHING_SEEN, figuresOf, withBatch } from "./epoch.ts";
import type { EpochRecord } from "./epoch.ts";
import type { BatchSource } from "./feed.ts";
import { NEW_LAYER } from "./network.ts";
import type { Network } from "./network.ts";
import { mixedSeed, seededRandom, shuffled } from "./random.ts";
import { scheduleFactor } from "./schedule.ts";
import type { ScheduleName } from "./schedule.ts";

export interface FineTuneOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: "adam" | "sgd";
  /** Of the new layer, and of the backbone's weights. */
  readonly learningRate: number;
  readonly backboneLearningRate: number;
  /** On matrices and kernels; biases and normalisation are left alone. */
  readonly weightDecay: number;
  readonly schedule: ScheduleName;
  /** Epochs, or a part of one, over which the rate rises first. */
  readonly warmUpEpochs: number;
  /** Share of the target that is spread over all classes. */
  readonly labelSmoothing: number;
  /** What the best epoch is chosen by. */
  readonly monitor: Monitor;
  /** Epochs without a better one after which it stops; 0 for never. */
  readonly patience: number;
  readonly seed: number;
  readonly threads?: number;
}

export const MONITORS = ["validation-loss", "validation-auc"] as const;
export type Monitor = (typeof MONITORS)[number];

export interface FineTuneData {
  readonly feed: BatchSource;
  /** By picture. */
  readonly classIndex: readonly number[];
  readonly weight: readonly number[];
  /** Pictures by index. */
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly positive: number;
}

export interface FineTuneContext {
  readonly checkpoints: CheckpointFolder | null;
  readonly resume: boolean;
  readonly signal?: AbortSignal;
  readonly onStep?: (step: StepReport) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
}

export interface StepReport {
  readonly epoch: number;
  readonly batch: number;
  readonly batches: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
  /** Until the last epoch is over, without validation. */
  readonly secondsLeft: number;
}

export interface FineTuned {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights these are. */
  readonly epoch: number;
}

/** Training was stopped on request; its message says where it goes on from. */
export class TrainingInterrupted extends Error {
  override readonly name = "TrainingInterrupted";
}

/** The loss is no number any more; the message says what to lower. */
export class TrainingDiverged extends Error {
  override readonly name = "TrainingDiverged";
}

/** A long epoch is kept in between, too. */
const CHECKPOINT_EVERY_MS = 5 * 60_000;

/** Batches of at most `size`, as even as can be, so that none is a small remainder. */
export function evenBatches(indices: readonly number[], size: number): number[][] {
  const count = Math.ceil(indices.length / size);
  return Array.from({ length: count }, (_, n) =>
    indices.slice(Math.round((n * indices.length) / count), Math.round(((n + 1) * indices.length) / count)),
  );
}

/** The pictures of an epoch, in the order they are shown. */
function epochPlan(
  train: readonly number[],
  { seed, batchSize }: FineTuneOptions,
  epoch: number,
): number[][] {
  return evenBatches(shuffled(train, seededRandom(mixedSeed(seed, epoch))), batchSize);
}

/** `[N, classes]`: smoothed classes times each picture's share of the batch's weight; and that weight. */
function targetOf(
  batch: readonly number[],
  { classIndex, weight }: FineTuneData,
  classes: number,
  smoothing: number,
): { readonly target: FloatTensor; readonly weight: number } {
  const total = batch.reduce((sum, index) => sum + (weight[index] ?? 1), 0);
  const data = new Float32Array(batch.length * classes);
  batch.forEach((index, n) => {
    const share = (weight[index] ?? 1) / total;
    for (let c = 0; c < classes; c++) {
      const own = c === classIndex[index] ? 1 - smoothing : 0;
      data[n * classes + c] = share * (own + smoothing / classes);
    }
  });
  return { target: floats([batch.length, classes], data), weight: total };
}

/** Learning rate and decay of each parameter at a step. */
function ratesAt(network: Network, options: FineTuneOptions, factor: number): Rates {
  const isNew = new Set(NEW_LAYER);
  const { initializers } = network.model;
  return {
    learningRate: (name) => factor * (isNew.has(name) ? options.learningRate : options.backboneLearningRate),
    weightDecay: (name) => ((initializers.get(name)?.shape.length ?? 0) > 1 ? options.weightDecay : 0),
  };
}

class Run {
  readonly #network: Network;
  readonly #data: FineTuneData;
  readonly #options: FineTuneOptions;
  readonly #context: FineTuneContext;
  readonly #step: TrainingStep;
  readonly #input: string;
  #progress: RunProgress = { epoch: 1, batch: 0, running: NOTHING_SEEN, history: [], best: null };
  #savedAt = performance.now();

  constructor(
    network: Network,
    data: FineTuneData,
    options: FineTuneOptions,
    context: FineTuneContext,
    step: TrainingStep,
  ) {
    this.#network = network;
    this.#data = data;
    this.#options = options;
    this.#context = context;
    this.#step = step;
    this.#input = network.model.inputs[0]?.name ?? "";
  }

  async run(): Promise<FineTuned> {
    const { checkpoints, resume } = this.#context;
    const last = resume ? await checkpoints?.last() : null;
    if (last) {
      await this.#step.restore(last.state);
      this.#progress = last.progress;
      for (const record of last.progress.history) this.#context.onEpoch?.(record);
    }
    let bestParameters: ReadonlyMap<string, Float32Array> | null = null;
    const { best } = this.#progress;
    if (best && checkpoints) {
      const { state } = await checkpoints.best(best.epoch);
      bestParameters = new Map(
        [...state.parameters].map(([name, { values }]) => [name, values ?? new Float32Array()]),
      );
    }
    while (this.#progress.epoch <= this.#options.epochs && !this.#isOver()) {
      const isBest = await this.#epoch();
      if (isBest) bestParameters = this.#parameters();
    }
    const { history } = this.#progress;
    return {
      parameters: bestParameters ?? this.#parameters(),
      history,
      epoch: this.#progress.best?.epoch ?? history.length,
    };
  }

  /** No better epoch for as long as patience lasts. */
  #isOver(): boolean {
    const { patience } = this.#options;
    const { best, history } = this.#progress;
    return patience > 0 && best !== null && history.length - best.epoch >= patience;
  }

  #parameters(): Map<string, Float32Array> {
    return new Map([...this.#step.parameters()].map(([name, values]) => [name, values.slice()]));
  }

  async #save(isBest = false): Promise<void> {
    const state = this.#step.state();
    await this.#context.checkpoints?.save({ progress: this.#progress, state }, isBest);
    this.#savedAt = performance.now();
  }

  /** One epoch, or the rest of one; gives whether it is the best so far. */
  async #epoch(): Promise<boolean> {
    const { feed, train, positive, classIndex } = this.#data;
    const { epoch } = this.#progress;
    const plan = epochPlan(train, this.#options, epoch);
    const started = { ms: performance.now(), idleMs: feed.idleMs, batch: this.#progress.batch };
    let shown = 0;
    const secondsSince = (): number => (performance.now() - started.ms) / 1000;
    for await (const images of feed.batches(plan.slice(started.batch), epoch)) {
      await this.#stopIfAsked();
      const batch = plan[this.#progress.batch] ?? [];
      const { classes } = this.#network.parts;
      const { target, weight } = targetOf(batch, this.#data, classes, this.#options.labelSmoothing);
      const rates = ratesAt(this.#network, this.#options, this.#factor(plan.length));
      const { loss, logits } = await this.#step.step({ [this.#input]: images }, target, rates);
      if (!Number.isFinite(loss)) throw this.#diverged(plan.length);
      const seen = { loss, logits: logits.data, classIndex: batch.map((i) => classIndex[i] ?? 0), weight };
      const running = withBatch(this.#progress.running, seen, positive);
      this.#progress = { ...this.#progress, running, batch: this.#progress.batch + 1 };
      shown += batch.length;
      this.#report(plan.length, shown, secondsSince());
      if (performance.now() - this.#savedAt > CHECKPOINT_EVERY_MS) await this.#save();
    }
    const seconds = secondsSince();
    const learningRate = this.#options.learningRate * this.#factor(plan.length, plan.length - 1);
    const waitingShare = (feed.idleMs - started.idleMs) / 1000 / Math.max(seconds, 1e-9);
    const own = figuresOf(this.#progress.running);
    const held = figuresOf(await this.#validate());
    return this.#finish({
      epoch,
      learningRate,
      loss: own.loss ?? NaN,
      accuracy: own.accuracy ?? NaN,
      auc: own.auc,
      validationLoss: held.loss,
      validationAccuracy: held.accuracy,
      validationAuc: held.auc,
      imagesPerSecond: shown / Math.max(seconds, 1e-9),
      seconds,
      waitingShare,
    });
  }

  /** Take the epoch's figures down and keep a checkpoint. */
  async #finish(record: EpochRecord): Promise<boolean> {
    const { best, history } = this.#progress;
    const { monitor } = this.#options;
    const value = monitor === "validation-auc" ? record.validationAuc : negative(record.validationLoss);
    const isBest = value !== null && (best === null || value > best.value);
    this.#progress = {
      epoch: record.epoch + 1,
      batch: 0,
      running: NOTHING_SEEN,
      history: [...history, record],
      best: isBest ? { epoch: record.epoch, value } : best,
    };
    await this.#save(isBest);
    this.#context.onEpoch?.(record);
    return isBest;
  }

  async #validate(): Promise<RunningSums> {
    const { feed, validation, classIndex, positive } = this.#data;
    const plan = evenBatches(validation, this.#options.batchSize);
    let sums = NOTHING_SEEN;
    let at = 0;
    for await (const images of feed.batches(plan, null)) {
      await this.#stopIfAsked();
      const batch = plan[at++] ?? [];
      const { target, weight } = targetOf(batch, this.#data, this.#network.parts.classes, 0);
      const { loss, logits } = await this.#step.evaluate({ [this.#input]: images }, target);
      const seen = { loss, logits: logits.data, classIndex: batch.map((i) => classIndex[i] ?? 0), weight };
      sums = withBatch(sums, seen, positive);
    }
    return sums;
  }

  async #stopIfAsked(): Promise<void> {
    if (!this.#context.signal?.aborted) return;
    await this.#save();
    const { epoch, batch } = this.#progress;
    throw new TrainingInterrupted(`stopped in epoch ${epoch} after ${batch} batches; go on with --resume`);
  }

  /** The schedule's factor at a batch of the epoch under way. */
  #factor(batches: number, batch = this.#progress.batch): number {
    const { schedule, epochs, warmUpEpochs } = this.#options;
    const step = (this.#progress.epoch - 1) * batches + batch;
    return scheduleFactor(schedule, step, epochs * batches, Math.round(warmUpEpochs * batches));
  }

  #report(batches: number, shown: number, seconds: number): void {
    const { epoch, batch, running } = this.#progress;
    const count = running.positive.length;
    const imagesPerSecond = shown / seconds;
    const left = (this.#options.epochs - epoch + 1) * this.#data.train.length - count;
    const secondsLeft = left / imagesPerSecond;
    const means = { loss: running.loss / running.weight, accuracy: running.correct / count };
    this.#context.onStep?.({ epoch, batch, batches, ...means, imagesPerSecond, secondsLeft });
  }

  #diverged(batches: number): TrainingDiverged {
    const { epoch, batch } = this.#progress;
    const { learningRate, backboneLearningRate } = this.#options;
    const dir = this.#context.checkpoints?.dir;
    const kept = dir === undefined ? "" : ` The last good checkpoint is kept in ${dir}.`;
    return new TrainingDiverged(
      `epoch ${epoch}, batch ${batch + 1} of ${batches}: the loss is no finite number any more.${kept} ` +
        `Lower --learning-rate (now ${learningRate}) or --backbone-learning-rate (now ${backboneLearningRate}).`,
    );
  }
}

const negative = (value: number | null): number | null => (value === null ? null : -value);

/**
 * Train the network on `data.train`. Where there is validation data, the best epoch's weights come back, else the last's.
 * @throws TrainingInterrupted when the signal is aborted, after a checkpoint; TrainingDiverged for a loss that is no
 *   number; CheckpointError; GraphError for an operator without a gradient
 */
export async function fineTune(
  network: Network,
  data: FineTuneData,
  options: FineTuneOptions,
  context: FineTuneContext,
): Promise<FineTuned> {
  const step = await TrainingStep.create(network.model, {
    logits: "logits",
    parameters: [...network.backboneParameters, ...NEW_LAYER],
    optimizer: options.optimizer,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  try {
    return await new Run(network, data, options, context, step).run();
  } finally {
    await step.dispose();
  }
}
