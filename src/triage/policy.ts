/**
 * @file The policy: which tier a study stands in, and when waiting promotes it. Plain data.
 *
 * Tiers are read from the top; within a tier the study that has waited longest comes first.
 * `docs/policy.md` explains it to a department.
 */
import type { OrderPriority } from "../domain/study.ts";
import type { Tier } from "../domain/worklist.ts";

/** A study that waits longer than `afterMin` since its arrival stands in `toTier` from then on. */
export interface Promotion {
  readonly afterMin: number;
  readonly toTier: Tier;
}

export interface Policy {
  readonly name: string;
  /** Where an order's priority alone puts a study: what it would have had without AI. */
  readonly orderTier: Readonly<Record<OrderPriority, Tier>>;
  /** Where a suspected hemorrhage puts it; a finding never lowers a study. */
  readonly flaggedTier: Tier;
  /** The longest waits, by the tier the study came in with, in increasing order of `afterMin`. */
  readonly promotions: Readonly<Record<Tier, readonly Promotion[]>>;
}

/** Every tier ends in `critical`, so no study waits for ever, whatever keeps arriving above it. */
export const DEFAULT_POLICY: Policy = {
  name: "default",
  orderTier: { stat: "stat", urgent: "urgent", routine: "routine", low: "low" },
  flaggedTier: "critical",
  promotions: {
    critical: [],
    stat: [{ afterMin: 120, toTier: "critical" }],
    urgent: [
      { afterMin: 120, toTier: "stat" },
      { afterMin: 360, toTier: "critical" },
    ],
    routine: [
      { afterMin: 240, toTier: "urgent" },
      { afterMin: 480, toTier: "stat" },
      { afterMin: 720, toTier: "critical" },
    ],
    low: [
      { afterMin: 480, toTier: "routine" },
      { afterMin: 960, toTier: "stat" },
      { afterMin: 1440, toTier: "critical" },
    ],
  },
};
