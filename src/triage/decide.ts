/**
 * @file Where a policy puts a study, and by which rule.
 *
 * First as it would stand without the finding: the order's tier, or a reader's in its place; then the rules that
 * lower, then those that lift. The finding's rules lift from there. Waiting promotes both, each by its own
 * longest waits, and the more pressing of the two counts: whatever a policy says, a finding that is late or
 * missing costs a study nothing but the lift.
 */
import type { Policy, Promotion, Rule } from "../domain/policy.ts";
import { TIERS } from "../domain/worklist.ts";
import type { Tier, WorklistItem } from "../domain/worklist.ts";
import { holds } from "./conditions.ts";
import type { Facts } from "./conditions.ts";
import { looksAtFinding } from "./policy.ts";

/** 0 is the most pressing. */
export const tierIndex = (tier: Tier): number => TIERS.indexOf(tier);

const isAbove = (a: Tier, b: Tier): boolean => tierIndex(a) < tierIndex(b);

/** What deciding needs of a row. */
export type Decidable = Facts & Pick<WorklistItem, "override">;

/** A tier and what gave it; null: the order's priority, or a reader. */
export interface Standing {
  readonly tier: Tier;
  readonly rule: Rule | null;
}

export interface Decision {
  readonly tier: Tier;
  /** Without the finding, and without waiting. */
  readonly plain: Standing;
  /** With the finding, and without waiting. */
  readonly lifted: Standing;
  /** What waiting has done to the tier; null: nothing. */
  readonly promotion: Promotion | null;
  /** When time alone changes the tier next, in milliseconds since 1970; null: never. */
  readonly changesAtMs: number | null;
}

/** A policy's rules by what they do. */
interface SortedRules {
  readonly lowering: readonly Rule[];
  readonly lifting: readonly Rule[];
  readonly ofFinding: readonly Rule[];
}

const sorted = new WeakMap<Policy, SortedRules>();

function sortRules(policy: Policy): SortedRules {
  let rules = sorted.get(policy);
  if (rules === undefined) {
    const plain = policy.rules.filter((rule) => !looksAtFinding(rule));
    rules = {
      lowering: plain.filter(({ effect }) => effect === "lower"),
      lifting: plain.filter(({ effect }) => effect === "lift"),
      ofFinding: policy.rules.filter(looksAtFinding),
    };
    sorted.set(policy, rules);
  }
  return rules;
}

/** The furthest that the rules whose conditions hold take a study. */
function apply(rules: readonly Rule[], from: Standing, facts: Facts): Standing {
  let standing = from;
  for (const rule of rules) {
    const moves =
      rule.effect === "lift" ? isAbove(rule.tier, standing.tier) : isAbove(standing.tier, rule.tier);
    if (moves && rule.when.every((condition) => holds(condition, facts)))
      standing = { tier: rule.tier, rule };
  }
  return standing;
}

/** Where a study would stand without the finding and without waiting. */
export function plainStanding(item: Decidable, policy: Policy): Standing {
  if (item.override) return { tier: item.override.tier, rule: null };
  const { lowering, lifting } = sortRules(policy);
  const ordered: Standing = { tier: policy.orderTier[item.orderPriority], rule: null };
  return apply(lifting, apply(lowering, ordered, item), item);
}

const dueMs = (arrivedMs: number, { afterMin }: Promotion): number =>
  arrivedMs + Math.round(afterMin * 60_000);

/**
 * Decide on one study.
 *
 * @param nowMs the time on the server's clock, in milliseconds since 1970
 */
export function decide(item: Decidable, policy: Policy, nowMs: number): Decision {
  const plain = plainStanding(item, policy);
  const lifted = item.finding ? apply(sortRules(policy).ofFinding, plain, item) : plain;
  const arrivedMs = Date.parse(item.arrivedAt);
  let tier = lifted.tier;
  let promotion: Promotion | null = null;
  let changesAtMs: number | null = null;
  for (const from of lifted.tier === plain.tier ? [plain] : [plain, lifted]) {
    for (const next of policy.promotions[from.tier]) {
      const atMs = dueMs(arrivedMs, next);
      if (atMs > nowMs) {
        if (changesAtMs === null || atMs < changesAtMs) changesAtMs = atMs;
        break;
      }
      if (!isAbove(next.toTier, tier)) continue;
      tier = next.toTier;
      promotion = next;
    }
  }
  return { tier, plain, lifted, promotion, changesAtMs };
}
