/**
 * @file One study's priority: its tier, and the reason in words.
 */
import type { Policy } from "../domain/policy.ts";
import type { OrderPriority } from "../domain/study.ts";
import type { Priority, WorklistItem } from "../domain/worklist.ts";
import { ageAtArrivalMs, isSuspected, readersWord, SKEW_TOLERANCE_MS } from "./conditions.ts";
import { decide } from "./decide.ts";
import type { Decision, Standing } from "./decide.ts";
import { durationText } from "./duration.ts";
import { findingWords } from "./rule-words.ts";

const ORDER_WORDS: Readonly<Record<OrderPriority, string>> = {
  stat: "STAT order",
  urgent: "Urgent order",
  routine: "Routine order",
  low: "Low-priority order",
};

function suspicionWords({ finding, feedback }: WorklistItem): string {
  if (!finding?.flagged) return `Hemorrhage seen by ${feedback?.reader ?? "a reader"}`;
  const slices = finding.suspiciousSliceCount;
  const where = slices > 0 ? ` on ${slices} slice${slices === 1 ? "" : "s"}` : "";
  return `Suspected hemorrhage (${Math.round(finding.probability * 100)} %)${where}`;
}

function analysisWords(item: WorklistItem): string {
  if (readersWord(item) === false && item.finding?.flagged) {
    return `no hemorrhage, says ${item.feedback?.reader ?? "a reader"}`;
  }
  switch (item.analysis) {
    case "arriving":
      return "still arriving";
    case "settled":
    case "scoring":
      return "not scored yet";
    case "scored":
      return "no bleed found";
    case "not-applicable":
      return "not scored: not a head CT";
    case "failed":
      return "not scored: analysis failed";
  }
}

/** What the finding did: the model's or a reader's suspicion, a probability that a rule counts, a rule by its name. */
function findingPart(item: WorklistItem, { plain, lifted }: Decision): string {
  const rule = lifted === plain ? null : lifted.rule;
  const [condition] = rule?.when ?? [];
  const isPlain =
    rule === null ||
    (rule.when.length === 1 &&
      condition?.kind === "finding" &&
      rule.name === findingWords(condition.atLeast));
  const name = isPlain ? "" : `${rule.name}; `;
  if (isSuspected(item)) return `${name}${suspicionWords(item)}`;
  if (rule === null || !item.finding) return "";
  return `${name}Probability of hemorrhage ${Math.round(item.finding.probability * 100)} %`;
}

function rulePart({ rule, tier }: Standing): string {
  if (rule === null) return "";
  return rule.effect === "lift" ? rule.name : `${rule.name}, held at ${tier}`;
}

function orderPart({ override, orderPriority }: WorklistItem): string {
  if (!override) return ORDER_WORDS[orderPriority];
  const why = override.reason === "" ? "" : ` (${override.reason})`;
  return `Set to ${override.tier} by ${override.reader}${why}`;
}

/** What is wrong with a study's times: it is ranked all the same, and the row says so. */
function clockPart(item: WorklistItem, nowMs: number): string {
  if (Date.parse(item.arrivedAt) > nowMs + SKEW_TOLERANCE_MS) {
    return "arrived in the future by the server's clock, counted as just arrived";
  }
  if (item.studiedAt === null || ageAtArrivalMs(item) !== null) return "";
  const aheadMin = (Date.parse(item.studiedAt) - Date.parse(item.arrivedAt)) / 60_000;
  if (Number.isNaN(aheadMin)) return "";
  return `study time ${durationText(Math.round(aheadMin))} after its arrival: check the scanner's clock`;
}

function waitPart({ promotion }: Decision): string {
  if (promotion === null) return "";
  return `waiting over ${durationText(promotion.afterMin)}, moved up to ${promotion.toTier}`;
}

/** A decision in words, for its row. */
export function reasonFor(item: WorklistItem, decision: Decision, nowMs: number): string {
  const finding = findingPart(item, decision);
  return [
    finding,
    rulePart(decision.plain),
    orderPart(item),
    finding === "" ? analysisWords(item) : "",
    waitPart(decision),
    clockPart(item, nowMs),
  ]
    .filter((part) => part !== "")
    .join("; ");
}

/**
 * Where a study stands and why.
 *
 * @param nowMs the time on the server's clock, in milliseconds since 1970
 */
export function prioritize(item: WorklistItem, policy: Policy, nowMs: number): Priority {
  const decision = decide(item, policy, nowMs);
  return { tier: decision.tier, reason: reasonFor(item, decision, nowMs) };
}
