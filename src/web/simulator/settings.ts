/**
 * @file What the simulator's sliders say, and what they ask for.
 */
import { STEADY } from "../../triage/queueing/circumstances.ts";
import type { Circumstances } from "../../triage/queueing/circumstances.ts";
import type { Department } from "../../triage/queueing/department.ts";
import { binormalSensitivity } from "../../triage/queueing/roc.ts";

/** Times are minutes; shares are 0…1. */
export interface Settings {
  readonly traffic: number;
  readonly radiologists: number;
  readonly prevalence: number;
  readonly interrupting: number;
  readonly sensitivity: number;
  readonly specificity: number;
  /** Area under the ROC on which the operating point lies; null when sensitivity is a slider of its own. */
  readonly rocArea: number | null;
  readonly diseasedMin: number;
  readonly nonDiseasedMin: number;
  readonly interruptingMin: number;
  readonly isPreemptive: boolean;
  readonly aiLatencyMin: number;
  /** 0 is no rule. */
  readonly maxWaitMin: number;
  readonly arrivalsByHour: readonly number[];
}

export const DEFAULT_SETTINGS: Settings = {
  traffic: 0.8,
  radiologists: 1,
  prevalence: 0.1,
  interrupting: 0,
  sensitivity: 0.9,
  specificity: 0.9,
  rocArea: null,
  diseasedMin: 10,
  nonDiseasedMin: 10,
  interruptingMin: 5,
  isPreemptive: false,
  aiLatencyMin: 0,
  maxWaitMin: 0,
  arrivalsByHour: new Array<number>(24).fill(5),
};

/** Days to begin with: how busy each hour is, 0…10. */
export const DAYS: readonly (readonly [title: string, byHour: readonly number[]])[] = [
  ["Steady", DEFAULT_SETTINGS.arrivalsByHour],
  ["Emergency", [4, 3, 2, 2, 2, 2, 3, 4, 5, 7, 8, 9, 9, 8, 8, 8, 8, 9, 9, 8, 8, 7, 6, 5]],
  ["Clinic", [0, 0, 0, 0, 0, 0, 1, 4, 8, 10, 10, 9, 7, 8, 9, 9, 7, 4, 2, 1, 0, 0, 0, 0]],
];

/** The sensitivity in force. */
export const sensitivityOf = ({ rocArea, sensitivity, specificity }: Settings): number =>
  rocArea === null ? sensitivity : binormalSensitivity(rocArea, specificity);

export function departmentOf(settings: Settings): Department {
  const { traffic, radiologists, prevalence, interrupting, specificity, isPreemptive } = settings;
  return {
    ...{ traffic, radiologists, prevalence, interrupting, specificity },
    sensitivity: sensitivityOf(settings),
    readingMin: {
      diseased: settings.diseasedMin,
      nonDiseased: settings.nonDiseasedMin,
      interrupting: settings.interruptingMin,
    },
    preemptive: isPreemptive,
  };
}

export function circumstancesOf({ arrivalsByHour, aiLatencyMin, maxWaitMin }: Settings): Circumstances {
  const isSteady = arrivalsByHour.every((rate) => rate === arrivalsByHour[0]);
  return {
    ...STEADY,
    aiLatencyMin,
    maxWaitMin: maxWaitMin === 0 ? null : maxWaitMin,
    arrivalsByHour: isSteady ? null : arrivalsByHour,
  };
}

/** The settings that a slider can hold. */
export type SliderName = {
  [Name in keyof Settings]: Settings[Name] extends number ? Name : never;
}[keyof Settings];

export interface Slider {
  readonly name: SliderName;
  readonly title: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly text: (value: number) => string;
}

const percent = (value: number): string => `${Math.round(value * 1000) / 10} %`;
const minutes = (value: number): string => `${value} min`;
const share = { min: 0, max: 1, step: 0.01, text: percent };

/** The sliders in their groups. */
export const SLIDER_GROUPS: readonly { readonly title: string; readonly sliders: readonly Slider[] }[] = [
  {
    title: "The room",
    sliders: [
      { name: "traffic", title: "Traffic", min: 0.05, max: 1.2, step: 0.01, text: percent },
      { name: "radiologists", title: "Radiologists", min: 1, max: 8, step: 1, text: String },
      { name: "prevalence", title: "Cases with a bleed", ...share, min: 0.01, max: 0.6 },
      { name: "interrupting", title: "Interrupting cases", ...share, max: 0.5 },
    ],
  },
  {
    title: "Reading times",
    sliders: [
      { name: "diseasedMin", title: "With a bleed", min: 1, max: 40, step: 1, text: minutes },
      { name: "nonDiseasedMin", title: "Without", min: 1, max: 40, step: 1, text: minutes },
      { name: "interruptingMin", title: "Interrupting", min: 1, max: 40, step: 1, text: minutes },
    ],
  },
  {
    title: "The AI and its rule",
    sliders: [
      { name: "sensitivity", title: "Sensitivity", ...share, min: 0.01 },
      { name: "specificity", title: "Specificity", ...share, max: 0.99 },
      { name: "aiLatencyMin", title: "Time to its finding", min: 0, max: 60, step: 1, text: minutes },
      {
        ...{ name: "maxWaitMin", title: "Longest wait", min: 0, max: 480, step: 10 },
        text: (value) => (value === 0 ? "no rule" : `${value} min`),
      },
    ],
  },
];
