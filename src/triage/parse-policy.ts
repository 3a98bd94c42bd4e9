/**
 * @file From a document (what YAML or JSON holds) to a policy: whole, or refused with all that is wrong.
 *
 * A part that is left out is as in the policy that ships; a part that is there counts alone.
 */
import type { Condition, Policy, Promotion, Rule } from "../domain/policy.ts";
import { ORDER_PRIORITIES, PATIENT_CLASSES } from "../domain/study.ts";
import { TIERS } from "../domain/worklist.ts";
import type { Tier } from "../domain/worklist.ts";
import { parseAge, parseLevel, parseMinutes, parseWhen } from "./parse-conditions.ts";
import { DEFAULT_POLICY, looksAtFinding } from "./policy.ts";
import { PolicyError, ProblemList } from "./policy-problems.ts";
import type { PolicyPath } from "./policy-problems.ts";
import { tierIndex } from "./decide.ts";
import { ageWords, findingWords, patientClassWords } from "./rule-words.ts";

const PARTS = ["name", "order", "patientClass", "findings", "studyAge", "rules", "maximumWait"] as const;
const EFFECTS = { liftTo: "lift", lowerTo: "lower" } as const;
/** In the row and in every version. */
const LONGEST_NAME = 64;

/** @throws PolicyError with everything that is wrong */
export function parsePolicy(document: unknown): Policy {
  const problems = new ProblemList();
  const parts = problems.members([], document ?? null, `an object with ${PARTS.join(", ")}`);
  if (problems.problems.length > 0) throw new PolicyError(problems.problems);
  problems.refuseOthers([], parts, PARTS);
  const part = (name: (typeof PARTS)[number]): unknown => parts.get(name) ?? undefined;
  const rules = [
    ...patientClassRules(part("patientClass"), problems),
    ...ageRules(part("studyAge"), problems),
    ...namedRules(part("rules"), problems),
    ...findingRules(part("findings"), problems),
  ];
  const policy: Policy = {
    name: parseName(["name"], part("name"), problems),
    orderTier: parseOrder(part("order"), problems),
    rules,
    promotions: parseWaits(part("maximumWait"), problems),
  };
  if (problems.problems.length > 0) throw new PolicyError(problems.problems);
  return policy;
}

function parseName(path: PolicyPath, value: unknown, problems: ProblemList): string {
  const isName = typeof value === "string" && /^[^\p{Cc}]*\S[^\p{Cc}]*$/u.test(value);
  if (isName && value.length <= LONGEST_NAME) return value.trim();
  problems.expected(path, `a name of 1 to ${LONGEST_NAME} characters`, value);
  return "";
}

function parseOrder(value: unknown, problems: ProblemList): Policy["orderTier"] {
  const members = problems.members(["order"], value, "an object of tiers");
  problems.refuseOthers(["order"], members, ORDER_PRIORITIES);
  const tiers = { ...DEFAULT_POLICY.orderTier };
  for (const order of ORDER_PRIORITIES) {
    if (members.has(order)) tiers[order] = parseTier(["order", order], members.get(order), problems);
  }
  return tiers;
}

/** The least pressing tier stands in for one that is wrong: the policy is refused anyway. */
const parseTier = (path: PolicyPath, value: unknown, problems: ProblemList): Tier =>
  problems.word(path, value, TIERS) ?? "low";

function patientClassRules(value: unknown, problems: ProblemList): Rule[] {
  if (value === undefined) return DEFAULT_POLICY.rules.filter(({ when }) => when[0]?.kind === "patientClass");
  const members = problems.members(["patientClass"], value, "an object of tiers");
  problems.refuseOthers(["patientClass"], members, PATIENT_CLASSES);
  return PATIENT_CLASSES.filter((each) => members.has(each)).map((each) => ({
    name: patientClassWords(each),
    when: [{ kind: "patientClass", oneOf: [each] }],
    effect: "lift",
    tier: parseTier(["patientClass", each], members.get(each), problems),
  }));
}

function findingRules(value: unknown, problems: ProblemList): Rule[] {
  if (value === undefined) return DEFAULT_POLICY.rules.filter(looksAtFinding);
  return problems.list(["findings"], value, "a list of { atLeast, tier }").flatMap((each, i): Rule[] => {
    const path = ["findings", i];
    const members = problems.members(path, each, "{ atLeast: flagged or a probability, tier }");
    problems.refuseOthers(path, members, ["atLeast", "tier"]);
    const atLeast = parseLevel([...path, "atLeast"], members.get("atLeast"), problems);
    const tier = parseTier([...path, "tier"], members.get("tier"), problems);
    if (atLeast === null) return [];
    return [{ name: findingWords(atLeast), when: [{ kind: "finding", atLeast }], effect: "lift", tier }];
  });
}

function ageRules(value: unknown, problems: ProblemList): Rule[] {
  return problems.list(["studyAge"], value, "a list of rules").map((each, i) => {
    const path = ["studyAge", i];
    const members = problems.members(path, each, "{ over: 7 d, lowerTo: low } or the like");
    problems.refuseOthers(path, members, ["over", "under", "liftTo", "lowerTo"]);
    const condition = parseAge(path, members, problems);
    return { name: ageWords(condition), when: [condition], ...parseEffect(path, members, problems) };
  });
}

function namedRules(value: unknown, problems: ProblemList): Rule[] {
  return problems.list(["rules"], value, "a list of rules").map((each, i) => {
    const path = ["rules", i];
    const members = problems.members(path, each, "{ name, when, liftTo or lowerTo }");
    problems.refuseOthers(path, members, ["name", "when", "liftTo", "lowerTo"]);
    const name = parseName([...path, "name"], members.get("name"), problems);
    const when: Condition[] = parseWhen([...path, "when"], members.get("when"), problems);
    const rule: Rule = { name, when, ...parseEffect(path, members, problems) };
    if (rule.effect === "lower" && looksAtFinding(rule)) {
      problems.add([...path, "lowerTo"], "a rule that looks at the finding may only lift (liftTo)");
    }
    return rule;
  });
}

function parseEffect(
  path: PolicyPath,
  members: ReadonlyMap<string, unknown>,
  problems: ProblemList,
): Pick<Rule, "effect" | "tier"> {
  const given = (["liftTo", "lowerTo"] as const).filter((name) => members.has(name));
  const [name] = given;
  if (name === undefined || given.length > 1) {
    problems.add(path, "expected one of liftTo, lowerTo");
    return { effect: "lift", tier: "low" };
  }
  return { effect: EFFECTS[name], tier: parseTier([...path, name], members.get(name), problems) };
}

function parseWaits(value: unknown, problems: ProblemList): Policy["promotions"] {
  if (value === undefined) return DEFAULT_POLICY.promotions;
  const members = problems.members(["maximumWait"], value, "an object of lists of { after, tier }");
  problems.refuseOthers(["maximumWait"], members, TIERS);
  const promotions: Record<Tier, readonly Promotion[]> = {
    critical: [],
    stat: [],
    urgent: [],
    routine: [],
    low: [],
  };
  for (const tier of TIERS) promotions[tier] = parsePromotions(tier, members.get(tier), problems);
  return promotions;
}

/** Each later and higher than the one before. */
function parsePromotions(from: Tier, value: unknown, problems: ProblemList): Promotion[] {
  let last: Promotion = { afterMin: 0, toTier: from };
  return problems.list(["maximumWait", from], value, "a list of { after, tier }").map((each, i) => {
    const path = ["maximumWait", from, i];
    const members = problems.members(path, each, "{ after: 4 h, tier }");
    problems.refuseOthers(path, members, ["after", "tier"]);
    const afterMin = parseMinutes([...path, "after"], members.get("after"), problems) ?? Infinity;
    const toTier = parseTier([...path, "tier"], members.get("tier"), problems);
    if (afterMin <= last.afterMin)
      problems.add([...path, "after"], "expected a longer wait than the one before");
    if (tierIndex(toTier) >= tierIndex(last.toTier)) {
      problems.add([...path, "tier"], `expected a more pressing tier than ${last.toTier}, got ${toTier}`);
    }
    last = { afterMin, toTier };
    return last;
  });
}

/** What a department should know of a policy that can be used. */
export function policyWarnings({ promotions, rules }: Policy): string[] {
  const endless = TIERS.filter(
    (tier) => tier !== "critical" && promotions[tier].at(-1)?.toTier !== "critical",
  );
  const warnings = endless.map(
    (tier) =>
      `maximumWait.${tier}: waiting never brings a study of this tier to critical: its wait has no bound`,
  );
  if (!rules.some(looksAtFinding))
    warnings.push("findings: no rule looks at the finding: the AI changes nothing");
  return warnings;
}
