/**
 * @file Whether a policy's condition holds of a study.
 */
import type { Condition, FindingLevel, TextTest } from "../domain/policy.ts";
import type { WorklistItem } from "../domain/worklist.ts";

/** What a condition looks at. */
export type Facts = Pick<
  WorklistItem,
  "orderPriority" | "patientClass" | "finding" | "feedback" | "arrivedAt" | "studiedAt" | "attributes"
>;

/** A reader's word on the finding: true a bleed, false none, null no word yet. */
export function readersWord({ finding, feedback }: Pick<Facts, "finding" | "feedback">): boolean | null {
  return finding && feedback ? feedback.agrees === finding.flagged : null;
}

/** A reader's word goes before the model's. */
export const isSuspected = (facts: Pick<Facts, "finding" | "feedback">): boolean =>
  readersWord(facts) ?? facts.finding?.flagged ?? false;

/** A reader's word counts as certain. */
function reaches(facts: Facts, atLeast: FindingLevel): boolean {
  const word = readersWord(facts);
  if (word !== null || !facts.finding) return word ?? false;
  return atLeast === "flagged" ? facts.finding.flagged : facts.finding.probability >= atLeast;
}

/** Clocks and time zones that differ by less than this are nobody's concern. */
export const SKEW_TOLERANCE_MS = 5 * 60_000;

/** How old a study was when it arrived; null when that is unknown, or the study claims to come from the future. */
export function ageAtArrivalMs({
  arrivedAt,
  studiedAt,
}: Pick<Facts, "arrivedAt" | "studiedAt">): number | null {
  if (studiedAt === null) return null;
  const ageMs = Date.parse(arrivedAt) - Date.parse(studiedAt);
  return ageMs < -SKEW_TOLERANCE_MS || Number.isNaN(ageMs) ? null : Math.max(0, ageMs);
}

function isOfAge(facts: Facts, overMin: number | null, underMin: number | null): boolean {
  const ageMs = ageAtArrivalMs(facts);
  if (ageMs === null) return false;
  return (overMin === null || ageMs > overMin * 60_000) && (underMin === null || ageMs < underMin * 60_000);
}

/** Case does not matter, nor do runs of spaces. */
const fold = (text: string): string => text.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim();

const TESTS: Readonly<Record<TextTest, (value: string, wanted: string) => boolean>> = {
  is: (value, wanted) => value === wanted,
  contains: (value, wanted) => value.includes(wanted),
  startsWith: (value, wanted) => value.startsWith(wanted),
};

function passes(text: string | undefined, test: TextTest, wanted: readonly string[]): boolean {
  if (text === undefined) return false;
  const values = text.split("\\").map(fold);
  return wanted.some((each) => values.some((value) => TESTS[test](value, fold(each))));
}

/** The number that a text begins with: "067Y" is 67. */
function leadingNumber(text: string | undefined): number | null {
  const [number] = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?/i.exec((text ?? "").trim()) ?? [];
  return number === undefined ? null : Number(number);
}

export function holds(condition: Condition, facts: Facts): boolean {
  switch (condition.kind) {
    case "order":
      return condition.oneOf.includes(facts.orderPriority);
    case "patientClass":
      return condition.oneOf.includes(facts.patientClass);
    case "finding":
      return reaches(facts, condition.atLeast);
    case "studyAge":
      return isOfAge(facts, condition.overMin, condition.underMin);
    case "text":
      return passes(facts.attributes[condition.attribute.tag], condition.test, condition.values);
    case "number": {
      const number = leadingNumber(facts.attributes[condition.attribute.tag]);
      if (number === null) return false;
      return (
        (condition.atLeast === null || number >= condition.atLeast) &&
        (condition.below === null || number < condition.below)
      );
    }
  }
}
