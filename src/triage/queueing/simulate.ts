/**
 * @file A department simulated: the same cases first come, first served, and in the AI's order.
 */
import { IS_DISEASED, IS_INTERRUPTING, IS_POSITIVE, drawCases } from "./cases.ts";
import type { Cases } from "./cases.ts";
import { STEADY, validateCircumstances } from "./circumstances.ts";
import type { Circumstances } from "./circumstances.ts";
import { compareWaits } from "./delay.ts";
import type { Delay } from "./delay.ts";
import { validateDepartment } from "./department.ts";
import type { Department } from "./department.ts";
import { readCases } from "./reading-room.ts";
import { summariseWaits } from "./summary.ts";
import type { WaitSummary } from "./summary.ts";

export interface SimulationOptions {
  readonly department: Department;
  readonly circumstances?: Circumstances;
  /** Cases simulated, interrupting ones included. */
  readonly cases: number;
  readonly seed: number;
}

/** Who waits; interrupting cases are none of them. */
export const CASE_CLASSES = ["all", "aiPositive", "aiNegative", "diseased", "nonDiseased"] as const;
export type CaseClass = (typeof CASE_CLASSES)[number];
export type ByClass<Value> = Readonly<Record<CaseClass, Value>>;

/** Bits that decide, and what they must be. */
const CLASS_BITS: ByClass<readonly [mask: number, bits: number]> = {
  all: [IS_INTERRUPTING, 0],
  aiPositive: [IS_INTERRUPTING | IS_POSITIVE, IS_POSITIVE],
  aiNegative: [IS_INTERRUPTING | IS_POSITIVE, 0],
  diseased: [IS_INTERRUPTING | IS_DISEASED, IS_DISEASED],
  nonDiseased: [IS_INTERRUPTING | IS_DISEASED, 0],
};

/** Waits in minutes, one entry a case by arrival, interrupting ones included. */
export interface Run {
  readonly facts: Uint8Array;
  readonly fifoMin: Float64Array;
  readonly policyMin: Float64Array;
}

/** What became of each class under both orders. */
export interface SimulatedWaits {
  readonly fifo: ByClass<WaitSummary>;
  readonly policy: ByClass<WaitSummary>;
  readonly delay: ByClass<Delay>;
}

/** The first tenth of the cases finds the room emptier than it will be, and is not counted. */
const WARM_UP = 0.1;

/** @throws RangeError for a number of cases that is none */
function validateCount(cases: number): void {
  if (!Number.isInteger(cases) || cases < 1) {
    throw new RangeError(`cases: a whole number from 1 is expected, not ${cases}`);
  }
}

/** Read the same cases in both orders. */
export function runBoth(
  cases: Cases,
  { radiologists, preemptive }: Department,
  circumstances: Circumstances,
): Run {
  const { aiLatencyMin, maxWaitMin } = circumstances;
  const rules = { radiologists, preemptive, aiLatencyMin, maxWaitMin };
  return {
    facts: cases.facts,
    fifoMin: readCases(cases, { ...rules, prioritised: false }),
    policyMin: readCases(cases, { ...rules, prioritised: true }),
  };
}

/** A run without its first cases. */
export const skipFirst = ({ facts, fifoMin, policyMin }: Run, count: number): Run => ({
  facts: facts.subarray(count),
  fifoMin: fifoMin.subarray(count),
  policyMin: policyMin.subarray(count),
});

/**
 * Simulate a department. Traffic of 1 or more is simulated as asked: waits then grow with the number of cases.
 *
 * @throws RangeError for a parameter out of range
 */
export function simulateRun({ department, circumstances = STEADY, cases, seed }: SimulationOptions): Run {
  validateDepartment(department);
  validateCircumstances(circumstances);
  validateCount(cases);
  const drawn = drawCases({ department, circumstances, count: cases, seed });
  return skipFirst(runBoth(drawn, department, circumstances), Math.floor(cases * WARM_UP));
}

/** The waits of one class, in the order of arrival. */
export function waitsOf(waitMin: Float64Array, facts: Uint8Array, name: CaseClass): Float64Array {
  const [mask, bits] = CLASS_BITS[name];
  const found = new Float64Array(waitMin.length);
  let count = 0;
  for (let i = 0; i < waitMin.length; i++) {
    if (((facts[i] ?? 0) & mask) === bits) found[count++] = waitMin[i] ?? 0;
  }
  return found.slice(0, count);
}

function byClass<Value>(make: (name: CaseClass) => Value): ByClass<Value> {
  return {
    all: make("all"),
    aiPositive: make("aiPositive"),
    aiNegative: make("aiNegative"),
    diseased: make("diseased"),
    nonDiseased: make("nonDiseased"),
  };
}

export function summariseRun({ facts, fifoMin, policyMin }: Run): SimulatedWaits {
  const fifo = byClass((name) => waitsOf(fifoMin, facts, name));
  const policy = byClass((name) => waitsOf(policyMin, facts, name));
  return {
    fifo: byClass((name) => summariseWaits(fifo[name])),
    policy: byClass((name) => summariseWaits(policy[name])),
    delay: byClass((name) => compareWaits(fifo[name], policy[name])),
  };
}

export const simulateWaits = (options: SimulationOptions): SimulatedWaits =>
  summariseRun(simulateRun(options));
