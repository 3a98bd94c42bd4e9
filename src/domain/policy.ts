/**
 * @file The policy: which tier a study stands in, and when waiting promotes it. Plain data, checked whole by
 * `triage/parse-policy.ts`; the server sends it to the page, which ranks by it too.
 */
import type { OrderPriority, PatientClass } from "./study.ts";
import type { Tier } from "./worklist.ts";

/** A study that waits longer than `afterMin` since its arrival stands in `toTier` from then on. */
export interface Promotion {
  readonly afterMin: number;
  readonly toTier: Tier;
}

/** How sure the model must be: as its own threshold says, or a probability of 0…1. */
export type FindingLevel = "flagged" | number;

/** The attribute that a condition looks at: its tag as 8 hex digits, and the name that the policy gave it. */
export interface NamedAttribute {
  readonly tag: string;
  readonly name: string;
}

export const TEXT_TESTS = ["is", "contains", "startsWith"] as const;
export type TextTest = (typeof TEXT_TESTS)[number];

/** One thing that must hold of a study. Bounds that are null do not bind. */
export type Condition =
  | { readonly kind: "order"; readonly oneOf: readonly OrderPriority[] }
  | { readonly kind: "patientClass"; readonly oneOf: readonly PatientClass[] }
  | { readonly kind: "finding"; readonly atLeast: FindingLevel }
  /** How old the study was when it arrived, by StudyDate and StudyTime. */
  | { readonly kind: "studyAge"; readonly overMin: number | null; readonly underMin: number | null }
  /** Any of the attribute's values passes the test with any of `values`; letters' case does not matter. */
  | {
      readonly kind: "text";
      readonly attribute: NamedAttribute;
      readonly test: TextTest;
      readonly values: readonly string[];
    }
  /** The attribute's first number; "067Y" counts as 67. */
  | {
      readonly kind: "number";
      readonly attribute: NamedAttribute;
      readonly atLeast: number | null;
      readonly below: number | null;
    };

/** Where all conditions hold, the study stands at least (`lift`) or at most (`lower`) in `tier`. */
export interface Rule {
  /** As the row says it, such as "Stroke protocol". */
  readonly name: string;
  readonly when: readonly Condition[];
  /** A rule that looks at the finding may only lift. */
  readonly effect: "lift" | "lower";
  readonly tier: Tier;
}

export interface Policy {
  readonly name: string;
  /** Where an order's priority alone puts a study. */
  readonly orderTier: Readonly<Record<OrderPriority, Tier>>;
  readonly rules: readonly Rule[];
  /** The longest waits, by the tier a study would stand in without waiting, in increasing order of `afterMin`. */
  readonly promotions: Readonly<Record<Tier, readonly Promotion[]>>;
}

/** The policy that ranks now. */
export interface PolicyInUse {
  readonly policy: Policy;
  /** The name and the first digits of the content's SHA-256: "default@3f2a9c1b". Same rules, same version. */
  readonly version: string;
  readonly since: string;
  /** Why the policy file as it stands now is not in use; "" when it is. */
  readonly problem: string;
}
