/**
 * @file The policy that ships: `policies/default.yaml`, as data. A test holds the two together.
 */
import type { Condition, Policy, Rule } from "../domain/policy.ts";

/** A suspected bleed goes to the top, whatever its order was. */
const SUSPECTED: Rule = {
  name: "Suspected hemorrhage",
  when: [{ kind: "finding", atLeast: "flagged" }],
  effect: "lift",
  tier: "critical",
};

const EMERGENCY: Rule = {
  name: "Emergency patient",
  when: [{ kind: "patientClass", oneOf: ["emergency"] }],
  effect: "lift",
  tier: "urgent",
};

/** Every tier ends in `critical`, so no study waits for ever, whatever keeps arriving above it. */
export const DEFAULT_POLICY: Policy = {
  name: "default",
  orderTier: { stat: "stat", urgent: "urgent", routine: "routine", low: "low" },
  rules: [EMERGENCY, SUSPECTED],
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

/** Whether a rule looks at what the model found. */
export const looksAtFinding = ({ when }: Rule): boolean => when.some(({ kind }) => kind === "finding");

const attributeOf = (condition: Condition): string[] =>
  condition.kind === "text" || condition.kind === "number" ? [condition.attribute.tag] : [];

/** The tags of all attributes that a policy looks at: 8 hex digits each. */
export const attributesOf = ({ rules }: Policy): string[] => [
  ...new Set(rules.flatMap(({ when }) => when.flatMap(attributeOf))),
];
