/**
 * @file What the simulator's worker computes: waits in both orders, as figures and as curves, beside the theory.
 */
import { overloadedHours } from "../../triage/queueing/circumstances.ts";
import type { MeanWaits } from "../../triage/queueing/department.ts";
import { CASE_CLASSES, simulateRun, summariseRun, waitsOf } from "../../triage/queueing/simulate.ts";
import type { CaseClass, SimulatedWaits } from "../../triage/queueing/simulate.ts";
import { quantileOf } from "../../triage/queueing/summary.ts";
import { theoreticalWaits } from "../../triage/queueing/theory.ts";
import { circumstancesOf, departmentOf } from "./settings.ts";
import type { Settings } from "./settings.ts";

/** Minutes within which each share of the cases is opened: entry i is the share i / CURVE_STEPS. */
export type Curve = readonly number[];
export const CURVE_STEPS = 200;

export interface SimulatorRequest {
  readonly settings: Settings;
  readonly cases: number;
  /** While a slider moves: few cases, and no theory that takes seconds. */
  readonly isRough: boolean;
}

export interface SimulatorResult extends SimulatorRequest {
  readonly waits: SimulatedWaits;
  readonly fifoCurve: Curve;
  readonly curves: Readonly<Record<CaseClass, Curve>>;
  readonly theory: MeanWaits | null;
  /** Why there is no theory; "" where there is. */
  readonly noTheory: string;
  /** Hours of the day in which more arrives than can be read. */
  readonly overloaded: readonly number[];
}

/** A fixed seed: what changes on the screen is what the slider changed. */
const SEED = 1;

function curveOf(waitMin: Float64Array): Curve {
  const sorted = waitMin.slice().sort();
  return Array.from({ length: CURVE_STEPS + 1 }, (_v, i) => quantileOf(sorted, i / CURVE_STEPS));
}

/** Whether theory solves a Markov chain: up to seconds where traffic is near 1 (`preemptive-servers.ts`). */
const isSlowTheory = ({ isPreemptive, radiologists, interrupting }: Settings): boolean =>
  isPreemptive && radiologists > 1 && interrupting > 0;

function theoryOf({ settings, isRough }: SimulatorRequest): Pick<SimulatorResult, "theory" | "noTheory"> {
  if (isRough && isSlowTheory(settings)) {
    return { theory: null, noTheory: "it comes when the sliders rest" };
  }
  try {
    return { theory: theoreticalWaits(departmentOf(settings), circumstancesOf(settings)), noTheory: "" };
  } catch (error) {
    return { theory: null, noTheory: error instanceof Error ? error.message : String(error) };
  }
}

export function computeSimulation(request: SimulatorRequest): SimulatorResult {
  const { settings, cases } = request;
  const circumstances = circumstancesOf(settings);
  const run = simulateRun({ department: departmentOf(settings), circumstances, cases, seed: SEED });
  const curve = (name: CaseClass): Curve => curveOf(waitsOf(run.policyMin, run.facts, name));
  return {
    ...request,
    waits: summariseRun(run),
    fifoCurve: curveOf(waitsOf(run.fifoMin, run.facts, "all")),
    curves: Object.fromEntries(CASE_CLASSES.map((name) => [name, curve(name)])) as Record<CaseClass, Curve>,
    ...theoryOf(request),
    overloaded: overloadedHours(circumstances.arrivalsByHour, settings.traffic),
  };
}
