/**
 * @file The parameters of a training run with their gradients and moments, and their update by several threads.
 *
 * An update reads and writes little per element and nothing twice, so it is bound by one core's way to memory; two
 * cores take about half the time. Elements do not depend on each other: the result is the same for any number of threads.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { OPTIMIZERS } from "./optimizer.ts";
import type { Moments, OptimizerName, Rate } from "./optimizer.ts";
import { answerPart } from "./parameter-part.ts";
import type { FlatParameters, PartRequest, Span } from "./parameter-part.ts";

/** With fewer elements for each, a further thread costs more than it saves. */
const LEAST_ELEMENTS_A_THREAD = 1_000_000;
/** More threads do not get more out of memory. */
const MOST_THREADS = 4;

const THREAD = new URL("./parameter-thread.ts", import.meta.url);

/** One parameter's part of the store. */
export interface StoredParameter {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly moments: Moments;
}

function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}

export class ParameterStore {
  readonly #optimizer: OptimizerName;
  readonly #flat: FlatParameters;
  /** First element and number of elements by parameter, in order. */
  readonly #places = new Map<string, { readonly start: number; readonly end: number }>();
  readonly #length: number;
  readonly #threads: Worker[];

  /**
   * @param initial values by parameter; they are copied
   * @param threads at most so many update together, the caller's one of them
   */
  constructor(optimizer: OptimizerName, initial: ReadonlyMap<string, ArrayLike<number>>, threads: number) {
    this.#optimizer = optimizer;
    let length = 0;
    for (const [name, { length: count }] of initial) {
      this.#places.set(name, { start: length, end: (length += count) });
    }
    this.#length = length;
    this.#flat = {
      values: sharedFloats(length),
      gradients: sharedFloats(length),
      moments: OPTIMIZERS[optimizer].moments.map(() => sharedFloats(length)),
    };
    for (const [name, values] of initial) this.get(name).values.set(values);
    const count = Math.min(threads, MOST_THREADS, Math.floor(length / LEAST_ELEMENTS_A_THREAD));
    this.#threads = Array.from({ length: Math.max(0, count - 1) }, () => {
      const thread = new Worker(THREAD, { workerData: this.#flat });
      thread.unref();
      return thread;
    });
  }

  /** @throws RangeError when there is no such parameter */
  get(name: string): StoredParameter {
    const place = this.#places.get(name);
    if (!place) throw new RangeError(`there is no parameter "${name}"`);
    const part = (whole: Float32Array) => whole.subarray(place.start, place.end);
    const { values, gradients, moments } = this.#flat;
    return { values: part(values), gradient: part(gradients), moments: moments.map(part) };
  }

  /** Whether every gradient is a finite number. */
  async gradientsAreFinite(): Promise<boolean> {
    return this.#together((start, end) => ({ kind: "check", start, end }));
  }

  /** Move every parameter against its gradient: update number `step`, from 1. */
  async update(rateOf: (parameter: string) => Rate, step: number): Promise<void> {
    const whole = [...this.#places].map(([name, place]): Span => ({ ...place, ...rateOf(name) }));
    await this.#together((from, to) => {
      const spans = whole
        .map((span) => ({ ...span, start: Math.max(span.start, from), end: Math.min(span.end, to) }))
        .filter(({ start, end }) => start < end);
      return { kind: "update", optimizer: this.#optimizer, spans, step };
    });
  }

  /** End the threads. */
  async dispose(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.terminate()));
  }

  /** Split the elements evenly, ask each thread for its part, and do the last one here. */
  async #together(requestFor: (start: number, end: number) => PartRequest): Promise<boolean> {
    const parts = this.#threads.length + 1;
    const bound = (part: number) => Math.round((part * this.#length) / parts);
    const answers = this.#threads.map(async (thread, part) => {
      const answered = once(thread, "message");
      thread.postMessage(requestFor(bound(part), bound(part + 1)));
      const [isFine] = (await answered) as [boolean];
      return isFine;
    });
    const own = answerPart(this.#flat, requestFor(bound(parts - 1), this.#length));
    return (await Promise.all(answers)).every(Boolean) && own;
  }
}
