/**
 * @file One study's priority: its tier, and the reason in words.
 */
import { TIERS } from "../domain/worklist.ts";
import type { Priority, Tier, WorklistItem } from "../domain/worklist.ts";
import type { OrderPriority } from "../domain/study.ts";
import type { Policy } from "./policy.ts";

/** 0 is the most pressing. */
export const tierIndex = (tier: Tier): number => TIERS.indexOf(tier);

const ORDER_WORDS: Readonly<Record<OrderPriority, string>> = {
  stat: "STAT order",
  urgent: "Urgent order",
  routine: "Routine order",
  low: "Low-priority order",
};

/** Whole minutes between arrival and now; 0 for a study that claims to come from the future. */
export function waitedMinutes(item: Pick<WorklistItem, "arrivedAt">, nowMs: number): number {
  return Math.max(0, (nowMs - Date.parse(item.arrivedAt)) / 60_000);
}

/** A reader's word on the finding goes before the model's. */
export function isSuspected({ finding, feedback }: Pick<WorklistItem, "finding" | "feedback">): boolean {
  if (!finding) return false;
  return feedback?.agrees === false ? !finding.flagged : finding.flagged;
}

function hours(minutes: number): string {
  return minutes < 120 ? `${minutes} min` : `${minutes / 60} h`;
}

function suspicionWords({ finding, feedback }: WorklistItem): string {
  if (!finding?.flagged) return `Hemorrhage seen by ${feedback?.reader ?? "a reader"}`;
  const slices = finding.suspiciousSliceCount;
  const where = slices > 0 ? ` on ${slices} slice${slices === 1 ? "" : "s"}` : "";
  return `Suspected hemorrhage (${Math.round(finding.probability * 100)} %)${where}`;
}

function analysisWords(item: WorklistItem): string {
  if (item.feedback?.agrees === false && item.finding?.flagged) {
    return `no hemorrhage, says ${item.feedback.reader}`;
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

/**
 * Where a study stands and why.
 *
 * @param nowMs the time on the server's clock, in milliseconds since 1970
 */
export function prioritize(item: WorklistItem, policy: Policy, nowMs: number): Priority {
  const ordered = policy.orderTier[item.orderPriority];
  const suspected = isSuspected(item);
  const base = suspected && tierIndex(policy.flaggedTier) < tierIndex(ordered) ? policy.flaggedTier : ordered;
  const order = ORDER_WORDS[item.orderPriority];
  const words = suspected ? `${suspicionWords(item)}; ${order}` : `${order}; ${analysisWords(item)}`;

  const waited = waitedMinutes(item, nowMs);
  const promotion = policy.promotions[base].findLast(({ afterMin }) => waited >= afterMin);
  if (!promotion || tierIndex(promotion.toTier) >= tierIndex(base)) return { tier: base, reason: words };
  return {
    tier: promotion.toTier,
    reason: `${words}; waiting over ${hours(promotion.afterMin)}, moved up to ${promotion.toTier}`,
  };
}
