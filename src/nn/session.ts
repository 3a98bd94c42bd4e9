/**
 * @file Running a model with ONNX Runtime.
 */
import * as ort from "onnxruntime-node";

import type { Model } from "./model.ts";
import { writeOnnx } from "./onnx-file.ts";
import type { Tensor } from "./tensor.ts";
import { sizeOf } from "./tensor.ts";

export interface SessionOptions {
  /** Threads within one operator; ONNX Runtime's default is one a physical core. */
  readonly threads?: number;
  /**
   * Whether runs of equal shapes get one block of memory that is planned ahead (the default). The block comes on top of
   * what the first run took piece by piece: without it, a large graph needs up to half as much.
   */
  readonly plannedMemory?: boolean;
}

/** Values by name. */
export type Values = Readonly<Record<string, Tensor>>;

function toOrt(name: string, { type, shape, data }: Tensor): ort.Tensor {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `"${name}": shape [${shape.join(", ")}] needs ${sizeOf(shape)} values, got ${data.length}`,
    );
  }
  return new ort.Tensor(type, data, shape);
}

/** A loaded model. Runs of one session do not block each other's correctness, only its thread. */
export class Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) {
    this.#session = session;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
  }

  /** Load a model from its object or from the bytes of an `.onnx` file. */
  static async load(
    model: Model | Uint8Array,
    { threads, plannedMemory = true }: SessionOptions = {},
  ): Promise<Session> {
    const bytes = model instanceof Uint8Array ? model : writeOnnx(model);
    const session = await ort.InferenceSession.create(bytes, {
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
      enableMemPattern: plannedMemory,
      // Between runs, its threads sleep instead of spinning: the cores are for whatever uses the result.
      extra: { session: { force_spinning_stop: "1" } },
      ...(threads === undefined ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    });
    return new Session(session);
  }

  /**
   * Run the model; gives all outputs, or the named ones.
   * @param into tensors that outputs are written into, which saves new memory for each run
   */
  async run(
    feeds: Values,
    outputs: readonly string[] = this.outputNames,
    into: Values = {},
  ): Promise<Record<string, Tensor>> {
    const inputs = Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, toOrt(name, t)]));
    const fetches = outputs.map((name) => {
      const tensor = into[name];
      return [name, tensor ? toOrt(name, tensor) : null] as const;
    });
    const results = await this.#session.run(inputs, Object.fromEntries(fetches));
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        { type, shape: dims, data } as Tensor,
      ]),
    );
  }

  /** Free the model's memory. */
  async dispose(): Promise<void> {
    await this.#session.release();
  }
}
