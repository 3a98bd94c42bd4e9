/**
 * @file The `when` of a policy's rule: what must hold of a study.
 */
import { attributeTag } from "../domain/attribute-names.ts";
import { TEXT_TESTS } from "../domain/policy.ts";
import type { Condition, FindingLevel, NamedAttribute } from "../domain/policy.ts";
import { ORDER_PRIORITIES, PATIENT_CLASSES } from "../domain/study.ts";
import { parseDurationMin } from "./duration.ts";
import type { PolicyPath, ProblemList } from "./policy-problems.ts";

const DURATION = 'a length of time such as "90 min", "4 h" or "7 d"';
const ATTRIBUTE = "order, patientClass, finding, studyAge, a DICOM keyword, or a tag as in (0008,1030)";

export function parseMinutes(path: PolicyPath, value: unknown, problems: ProblemList): number | null {
  const minutes = parseDurationMin(value);
  if (minutes === null) problems.expected(path, DURATION, value);
  return minutes;
}

/** `flagged`, or a probability. */
export function parseLevel(path: PolicyPath, value: unknown, problems: ProblemList): FindingLevel | null {
  if (value === "flagged") return value;
  if (typeof value === "number" && value > 0 && value <= 1) return value;
  problems.expected(path, "flagged, or a probability above 0, at most 1", value);
  return null;
}

/** `{ over: 7 d }`, `{ under: 30 min }` or both. */
export function parseAge(
  path: PolicyPath,
  members: ReadonlyMap<string, unknown>,
  problems: ProblemList,
): Condition {
  const bound = (name: string) =>
    members.has(name) ? parseMinutes([...path, name], members.get(name), problems) : null;
  const [overMin, underMin] = [bound("over"), bound("under")];
  if (!members.has("over") && !members.has("under")) problems.add(path, "expected over, under or both");
  if (overMin !== null && underMin !== null && overMin >= underMin) {
    problems.add(path, "no study is older than over and younger than under: over must be the smaller");
  }
  return { kind: "studyAge", overMin, underMin };
}

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

/** What a policy writes as a number is compared as the text that DICOM writes: a StudyID of 7 is "7". */
function textOf(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

function parseTexts(path: PolicyPath, value: unknown, problems: ProblemList): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) problems.expected(path, "at least one text", value);
  return values.flatMap((each, i) => {
    const text = textOf(each);
    if (isText(text)) return [text.trim()];
    problems.expected(Array.isArray(value) ? [...path, i] : path, "a text", each);
    return [];
  });
}

/** What one attribute must be: a text (is), or tests by name. */
function parseAttribute(
  path: PolicyPath,
  attribute: NamedAttribute,
  value: unknown,
  problems: ProblemList,
): Condition[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ kind: "text", attribute, test: "is", values: parseTexts(path, value, problems) }];
  }
  const members = problems.members(path, value, "tests");
  problems.refuseOthers(path, members, [...TEXT_TESTS, "atLeast", "below"]);
  if (members.size === 0) problems.expected(path, `one of ${TEXT_TESTS.join(", ")}, atLeast, below`, value);
  const texts = TEXT_TESTS.filter((test) => members.has(test)).map((test): Condition => {
    return {
      kind: "text",
      attribute,
      test,
      values: parseTexts([...path, test], members.get(test), problems),
    };
  });
  if (!members.has("atLeast") && !members.has("below")) return texts;
  const bound = (name: string): number | null => {
    if (!members.has(name)) return null;
    const number = members.get(name);
    if (typeof number === "number" && Number.isFinite(number)) return number;
    problems.expected([...path, name], "a number", number);
    return null;
  };
  return [...texts, { kind: "number", attribute, atLeast: bound("atLeast"), below: bound("below") }];
}

/** All conditions of a rule. What is wrong is noted. */
export function parseWhen(path: PolicyPath, value: unknown, problems: ProblemList): Condition[] {
  const members = problems.members(path, value, "an object of conditions");
  if (members.size === 0) problems.add(path, "expected at least one condition");
  return [...members].flatMap(([name, wanted]): Condition[] => {
    const at = [...path, name];
    if (name === "order") return [{ kind: "order", oneOf: problems.words(at, wanted, ORDER_PRIORITIES) }];
    if (name === "patientClass") {
      return [{ kind: "patientClass", oneOf: problems.words(at, wanted, PATIENT_CLASSES) }];
    }
    if (name === "finding") {
      const atLeast = parseLevel(at, wanted, problems);
      return atLeast === null ? [] : [{ kind: "finding", atLeast }];
    }
    if (name === "studyAge") {
      const bounds = problems.members(at, wanted, "{ over: …, under: … }");
      problems.refuseOthers(at, bounds, ["over", "under"]);
      return [parseAge(at, bounds, problems)];
    }
    const tag = attributeTag(name);
    if (tag === null) {
      problems.add(at, `expected ${ATTRIBUTE}, got "${name}"`);
      return [];
    }
    return parseAttribute(at, { tag, name }, wanted, problems);
  });
}
