/**
 * @file `firstread simulate`: what prioritisation does to waiting times, by theory and by simulation.
 */
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";

import type { Department, MeanWaits } from "../../triage/queueing/department.ts";
import { simulateWaits } from "../../triage/queueing/simulate.ts";
import type { SimulatedWaits } from "../../triage/queueing/simulate.ts";
import type { WaitSummary } from "../../triage/queueing/summary.ts";
import { NoTheory, theoreticalWaits } from "../../triage/queueing/theory.ts";

interface SimulateOptions {
  readonly traffic: number;
  readonly sensitivity: number;
  readonly specificity: number;
  readonly prevalence: number;
  readonly radiologists: number;
  readonly interrupting: number;
  readonly readingMinutes: Department["readingMin"];
  readonly preemptive: boolean;
  readonly theoryOnly?: true;
  readonly cases: number;
  readonly seed: number;
  readonly json?: true;
}

type Row = "fifo" | Exclude<keyof SimulatedWaits, "all">;
type SimulatedRows = Readonly<Record<Row, WaitSummary>>;

const ROWS: Readonly<Record<Row, string>> = {
  fifo: "first come, first served",
  aiPositive: "AI positive",
  aiNegative: "AI negative",
  diseased: "diseased",
  nonDiseased: "not diseased",
};

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError("A number is expected.");
  return value;
}

function minutes(text: string): Department["readingMin"] {
  const [diseased, nonDiseased, interrupting = nonDiseased, ...rest] = text.split("/").map(number);
  if (diseased === undefined || nonDiseased === undefined || interrupting === undefined || rest.length > 0) {
    throw new InvalidArgumentError("Minutes as diseased/not/interrupting are expected, such as 10/10/5.");
  }
  return { diseased, nonDiseased, interrupting };
}

function theoryOf(department: Department): MeanWaits | null {
  try {
    return theoreticalWaits(department);
  } catch (error) {
    if (!(error instanceof NoTheory) && !(department.traffic >= 1)) throw error;
    console.error(`No theory here: ${(error as Error).message}.`);
    return null;
  }
}

function simulationOf(department: Department, { cases, seed }: SimulateOptions): SimulatedRows {
  const { all: fifo } = simulateWaits({ department, cases, seed, prioritised: false });
  return { fifo, ...simulateWaits({ department, cases, seed, prioritised: true }) };
}

/** Minutes with three digits; "–" where nothing was counted. */
const cell = (value: number | undefined): string =>
  (value === undefined || Number.isNaN(value) ? "–" : value.toFixed(3)).padStart(11);

function printTable(theory: MeanWaits | null, simulation: SimulatedRows | null): void {
  const titles = ["theory", "simulated", "±95 %", "median", "95th pct", "worst"];
  console.log(`waiting minutes           ${titles.map((title) => title.padStart(11)).join("")}`);
  for (const [key, title] of Object.entries(ROWS) as [Row, string][]) {
    const row = simulation?.[key];
    const cells = [
      theory?.[key],
      row?.meanMin,
      row?.halfWidthMin,
      row?.medianMin,
      row?.p95Min,
      row?.worstMin,
    ];
    console.log(`${title.padEnd(26)}${cells.map(cell).join("")}`);
  }
}

function simulate(options: SimulateOptions): void {
  const { readingMinutes: readingMin, traffic, sensitivity, specificity, prevalence } = options;
  const { radiologists, interrupting, preemptive } = options;
  const department: Department = {
    ...{ traffic, sensitivity, specificity, prevalence, radiologists, interrupting },
    ...{ readingMin, preemptive },
  };
  const theory = theoryOf(department);
  if (traffic >= 1) console.error("Traffic of 1 or more: the waits below grow with the number of cases.");
  const simulation = options.theoryOnly ? null : simulationOf(department, options);
  if (!options.json) return printTable(theory, simulation);
  const means =
    simulation && Object.fromEntries(Object.keys(ROWS).map((key) => [key, simulation[key as Row].meanMin]));
  console.log(JSON.stringify({ theory, ...(means && { simulation: means, detail: simulation }) }));
}

export function configure(command: Command): void {
  command
    .option("--traffic <x>", "share of the radiologists' time that reading takes", number, 0.8)
    .option("--sensitivity <x>", "of the AI", number, 0.9)
    .option("--specificity <x>", "of the AI", number, 0.9)
    .option("--prevalence <x>", "share of cases with the disease", number, 0.1)
    .option("--radiologists <n>", "who read at the same time", number, 1)
    .option("--interrupting <x>", "share of cases that always come first", number, 0)
    .option("--reading-minutes <d/n/i>", "means: diseased/not/interrupting", minutes, minutes("10/10/5"))
    .option("--non-preemptive", "an open case is finished before a more pressing one is opened")
    .option("--theory-only", "no simulation")
    .option("--cases <n>", "how many cases to simulate", number, 1_000_000)
    .option("--seed <n>", "same seed, same result", number, 1)
    .option("--json", "machine-readable, in minutes")
    .action((options: Omit<SimulateOptions, "preemptive"> & { nonPreemptive?: true }) =>
      simulate({ ...options, preemptive: !options.nonPreemptive }),
    );
}
