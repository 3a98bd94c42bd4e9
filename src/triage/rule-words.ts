/**
 * @file What a policy's rules are called on a row, and what a condition asks for.
 */
import type { Condition, FindingLevel } from "../domain/policy.ts";
import type { PatientClass } from "../domain/study.ts";
import { durationText } from "./duration.ts";

const PATIENT_CLASS_WORDS: Readonly<Record<PatientClass, string>> = {
  emergency: "Emergency patient",
  inpatient: "Inpatient",
  outpatient: "Outpatient",
  unknown: "Patient class unknown",
};

export const patientClassWords = (patientClass: PatientClass): string => PATIENT_CLASS_WORDS[patientClass];

export const findingWords = (atLeast: FindingLevel): string =>
  atLeast === "flagged" ? "Suspected hemorrhage" : `Hemorrhage at ${percent(atLeast)} or more`;

export const percent = (probability: number): string => `${Math.round(probability * 1000) / 10} %`;

/** "Study over 7 d old when it arrived". */
export function ageWords(condition: Condition): string {
  if (condition.kind !== "studyAge") return "";
  const { overMin, underMin } = condition;
  const bounds = [
    overMin === null ? "" : `over ${durationText(overMin)}`,
    underMin === null ? "" : `under ${durationText(underMin)}`,
  ];
  return `Study ${bounds.filter((bound) => bound !== "").join(" and ")} old when it arrived`;
}

const TEST_WORDS = { is: "is", contains: "contains", startsWith: "starts with" } as const;
const or = (words: readonly string[]): string => words.join(" or ");

/** What a condition asks for, as a sentence's part. */
export function conditionWords(condition: Condition): string {
  switch (condition.kind) {
    case "order":
      return `the order is ${or(condition.oneOf)}`;
    case "patientClass":
      return `the patient class is ${or(condition.oneOf)}`;
    case "finding":
      return condition.atLeast === "flagged"
        ? "the finding is flagged"
        : `the finding's probability is at least ${percent(condition.atLeast)}`;
    case "studyAge":
      return ageWords(condition).replace("Study", "the study was");
    case "text": {
      const { attribute, test, values } = condition;
      return `${attribute.name} ${TEST_WORDS[test]} ${or(values.map((value) => `"${value}"`))}`;
    }
    case "number": {
      const { attribute, atLeast, below } = condition;
      const bounds = [atLeast === null ? "" : `at least ${atLeast}`, below === null ? "" : `below ${below}`];
      return `${attribute.name} is ${bounds.filter((bound) => bound !== "").join(" and ")}`;
    }
  }
}
