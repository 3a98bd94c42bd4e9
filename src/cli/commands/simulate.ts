/**
 * @file `firstread simulate`: what prioritisation does to waiting times, in a department of figures, on real exams,
 * or on a department's own log.
 */
import type { Command } from "commander";

import { countingNumber, notNegative, probability, wholeNumber } from "../option-values.ts";
import { simulateDepartment } from "../simulate/department-mode.ts";
import { simulateExams } from "../simulate/exams-mode.ts";
import { simulateLog } from "../simulate/log-mode.ts";
import { casesOption, hours, minutes, number } from "../simulate/options.ts";
import type { SimulateOptions } from "../simulate/options.ts";

async function simulate(options: SimulateOptions): Promise<void> {
  if (options.log !== undefined || options.server !== undefined) return simulateLog(options);
  if (options.cases === "cq500") return simulateExams(options);
  simulateDepartment(options, options.cases);
}

export function configure(command: Command): void {
  command
    .option("--traffic <x>", "share of the radiologists' time that reading takes", number, 0.8)
    .option("--sensitivity <x>", "of the AI", number, 0.9)
    .option("--specificity <x>", "of the AI", number, 0.9)
    .option("--roc-area <x>", "sensitivity from a binormal ROC of this area, at --specificity", number)
    .option("--prevalence <x>", "share of cases with the disease", number, 0.1)
    .option("--radiologists <n>", "who read at the same time", countingNumber, 1)
    .option("--interrupting <x>", "share of cases that always come first", number, 0)
    .option("--reading-minutes <d/n/i>", "means: diseased/not/interrupting", minutes, minutes("10/10/5"))
    .option(
      "--reading-cv <x>",
      "reading times lognormal, of this spread (0: constant); else exponential",
      number,
    )
    .option("--arrivals-by-hour <24 numbers>", "how busy each hour is, from midnight, by commas", hours)
    .option("--ai-latency <minutes>", "from a case's arrival to its finding", number, 0)
    .option("--maximum-wait <minutes>", "a case that waited so long stands among the positives", number)
    .option("--non-preemptive", "an open case is finished before a more pressing one is opened")
    .option("--theory-only", "no simulation")
    .option("--cases <n>", "how many cases to simulate, or cq500: 491 real exams", casesOption, 1_000_000)
    .option("--labels <folder>", "with --cases cq500: where reads.csv and prediction_probabilities.csv are")
    .option("--threshold <p>", "with --cases cq500 or --log: probability of a positive", probability, 0.5)
    .option("--shuffles <n>", "with --cases cq500: how many orders of arrival", countingNumber, 1000)
    .option("--log <file.csv>", "replay a department's log; --radiologists read at a time")
    .option("--server <url>", "replay the history of a running server")
    .option("--policy <file.yaml>", "with --log or --server: the policy that ranks; else the one that ships")
    .option("--reading-default <minutes>", "with --log: where a line has no reading time", notNegative)
    .option("--seed <n>", "same seed, same result", wholeNumber, 1)
    .option("--json", "machine-readable, in minutes")
    .action((options: SimulateOptions) => simulate(options));
}
