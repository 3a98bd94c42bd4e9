/**
 * @file The options of `firstread simulate`, as the queueing code wants them.
 */
import { InvalidArgumentError } from "commander";

import type { Circumstances } from "../../triage/queueing/circumstances.ts";
import type { Department } from "../../triage/queueing/department.ts";
import { binormalSensitivity } from "../../triage/queueing/roc.ts";

export interface SimulateOptions {
  readonly traffic: number;
  readonly sensitivity: number;
  readonly specificity: number;
  readonly rocArea?: number;
  readonly prevalence: number;
  readonly radiologists: number;
  readonly interrupting: number;
  readonly readingMinutes: Department["readingMin"];
  readonly readingCv?: number;
  readonly arrivalsByHour?: readonly number[];
  readonly aiLatency: number;
  readonly maximumWait?: number;
  readonly nonPreemptive?: true;
  readonly theoryOnly?: true;
  /** A number of cases to draw, or real exams. */
  readonly cases: number | "cq500";
  readonly labels?: string;
  readonly threshold: number;
  readonly shuffles: number;
  readonly log?: string;
  readonly server?: string;
  readonly policy?: string;
  readonly readingDefault?: number;
  readonly seed: number;
  readonly json?: true;
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError("A number is expected.");
  return value;
}

export function minutes(text: string): Department["readingMin"] {
  const [diseased, nonDiseased, interrupting = nonDiseased, ...rest] = text.split("/").map(number);
  if (diseased === undefined || nonDiseased === undefined || interrupting === undefined || rest.length > 0) {
    throw new InvalidArgumentError("Minutes as diseased/not/interrupting are expected, such as 10/10/5.");
  }
  return { diseased, nonDiseased, interrupting };
}

/** 24 numbers, by commas: how busy each hour is against the others. */
export const hours = (text: string): number[] => text.split(",").map(number);

export function casesOption(text: string): number | "cq500" {
  if (text === "cq500") return text;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new InvalidArgumentError("A whole number of cases, or cq500, is expected.");
  }
  return count;
}

export function departmentOf(options: SimulateOptions): Department {
  const { traffic, radiologists, interrupting, prevalence, specificity, rocArea } = options;
  const sensitivity = rocArea === undefined ? options.sensitivity : binormalSensitivity(rocArea, specificity);
  return {
    ...{ traffic, radiologists, interrupting, prevalence, sensitivity, specificity },
    readingMin: options.readingMinutes,
    preemptive: !options.nonPreemptive,
  };
}

export const circumstancesOf = (options: SimulateOptions): Circumstances => ({
  arrivalsByHour: options.arrivalsByHour ?? null,
  aiLatencyMin: options.aiLatency,
  maxWaitMin: options.maximumWait ?? null,
  readingCv: options.readingCv ?? null,
});
