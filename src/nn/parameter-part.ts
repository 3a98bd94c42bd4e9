/**
 * @file A part of the parameters, updated at once: what one thread does of a step.
 */
import { OPTIMIZERS, allFinite } from "./optimizer.ts";
import type { OptimizerName, Rate } from "./optimizer.ts";

/** Everything that is trained, one parameter behind the other; the moments in the optimizer's order. */
export interface FlatParameters {
  readonly values: Float32Array;
  readonly gradients: Float32Array;
  readonly moments: readonly Float32Array[];
}

/** Elements from `start` to before `end`, all of one parameter, and how far they move. */
export interface Span extends Rate {
  readonly start: number;
  readonly end: number;
}

/** What is asked of a thread: whether all its gradients are finite, or the update number `step` (from 1) of its spans. */
export type PartRequest =
  | { readonly kind: "check"; readonly start: number; readonly end: number }
  | {
      readonly kind: "update";
      readonly optimizer: OptimizerName;
      readonly spans: readonly Span[];
      readonly step: number;
    };

/** Do what is asked; false when a gradient that was to be checked is no finite number. */
export function answerPart({ values, gradients, moments }: FlatParameters, request: PartRequest): boolean {
  if (request.kind === "check") return allFinite(gradients.subarray(request.start, request.end));
  const { optimizer, spans, step } = request;
  for (const { start, end, ...rate } of spans) {
    OPTIMIZERS[optimizer].update(
      values.subarray(start, end),
      gradients.subarray(start, end),
      moments.map((moment) => moment.subarray(start, end)),
      rate,
      step,
    );
  }
  return true;
}
