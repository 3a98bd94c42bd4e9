/**
 * @file Why a study stands where it stands: every rule of the policy, and whether it held.
 */
import type { Policy, Promotion, Rule } from "../domain/policy.ts";
import type { Tier, WorklistItem } from "../domain/worklist.ts";
import { holds } from "./conditions.ts";
import { decide } from "./decide.ts";
import { reasonFor } from "./prioritize.ts";
import { conditionWords } from "./rule-words.ts";

export interface RuleExplained {
  readonly name: string;
  readonly effect: Rule["effect"];
  readonly tier: Tier;
  readonly conditions: readonly { readonly text: string; readonly holds: boolean }[];
  /** All conditions hold. */
  readonly holds: boolean;
  /** It is the rule that gave the study its tier. */
  readonly decides: boolean;
}

export interface PriorityExplained {
  readonly tier: Tier;
  readonly reason: string;
  /** What the order's priority alone, or a reader in its place, gives. */
  readonly ordered: { readonly tier: Tier; readonly by: string };
  readonly rules: readonly RuleExplained[];
  /** The tier by all rules but those that look at the finding, and by all; without waiting. */
  readonly withoutFinding: Tier;
  readonly withFinding: Tier;
  /** Since arrival; 0 for a study that claims to come from the future. */
  readonly waitedMin: number;
  /** What waiting does from the tier with the finding, and whether it has. */
  readonly promotions: readonly (Promotion & { readonly reached: boolean })[];
  /** When waiting changes the tier next; null: never. */
  readonly changesAt: string | null;
}

/** @param nowMs the time on the server's clock, in milliseconds since 1970 */
export function explainPriority(item: WorklistItem, policy: Policy, nowMs: number): PriorityExplained {
  const decision = decide(item, policy, nowMs);
  const { tier, plain, lifted, changesAtMs } = decision;
  const waitedMin = Math.max(0, (nowMs - Date.parse(item.arrivedAt)) / 60_000);
  const rules = policy.rules.map((rule): RuleExplained => {
    const conditions = rule.when.map((condition) => {
      return { text: conditionWords(condition), holds: holds(condition, item) };
    });
    const { name, effect, tier: ruleTier } = rule;
    const decides = rule === lifted.rule;
    return {
      name,
      effect,
      tier: ruleTier,
      conditions,
      holds: conditions.every((each) => each.holds),
      decides,
    };
  });
  const ordered = item.override
    ? { tier: item.override.tier, by: `set by ${item.override.reader}` }
    : { tier: policy.orderTier[item.orderPriority], by: `${item.orderPriority} order` };
  return {
    tier,
    reason: reasonFor(item, decision, nowMs),
    ordered,
    rules,
    withoutFinding: plain.tier,
    withFinding: lifted.tier,
    waitedMin: Math.round(waitedMin * 10) / 10,
    promotions: policy.promotions[lifted.tier].map((promotion) => {
      return { ...promotion, reached: waitedMin >= promotion.afterMin };
    }),
    changesAt: changesAtMs === null ? null : new Date(changesAtMs).toISOString(),
  };
}
