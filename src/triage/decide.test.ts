import { describe, expect, it } from "vitest";

import { plainItem } from "../../tests/fixtures/plain-item.ts";
import { fakeFinding } from "../../tests/fixtures/fake-studies.ts";
import { Draw, randomItem, randomPolicy } from "../../tests/fixtures/random-policies.ts";
import type { Policy, Rule } from "../domain/policy.ts";
import { ORDER_PRIORITIES } from "../domain/study.ts";
import type { AnalysisState, WorklistItem } from "../domain/worklist.ts";
import { decide, tierIndex } from "./decide.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { prioritize } from "./prioritize.ts";

const NOW = Date.parse("2026-03-01T22:00:00Z");
const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();
const ANALYSES: readonly AnalysisState[] = [
  "arriving",
  "settled",
  "scoring",
  "scored",
  "not-applicable",
  "failed",
];

/** Random policies, each with random studies. */
function* draws(
  policies: number,
  items: number,
): Generator<{ policy: Policy; item: WorklistItem; draw: Draw }> {
  for (let seed = 0; seed < policies; seed++) {
    const draw = new Draw(seed);
    const policy = randomPolicy(draw);
    for (let n = 0; n < items; n++) yield { policy, item: randomItem(draw, `1.${n}`, NOW), draw };
  }
}

describe("any policy", () => {
  it("never delays a study by its AI: no finding puts it below where it stands without one", () => {
    for (const { policy, item, draw } of draws(300, 20)) {
      const without = tierIndex(decide({ ...item, finding: null }, policy, NOW).tier);
      const finding = fakeFinding(draw.next());
      expect(tierIndex(decide({ ...item, finding }, policy, NOW).tier)).toBeLessThanOrEqual(without);
    }
  });

  it("ranks a study whose AI is down, late or failed as if there were no AI", () => {
    for (const { policy, item } of draws(100, 10)) {
      const without = {
        ...policy,
        rules: policy.rules.filter((r) => r.when.every((c) => c.kind !== "finding")),
      };
      const expected = decide({ ...item, finding: fakeFinding(0.99) }, without, NOW).tier;
      for (const analysis of ANALYSES) {
        expect(prioritize({ ...item, finding: null, analysis }, policy, NOW).tier).toBe(expected);
      }
    }
  });

  it("never lowers a study for a higher probability, nor for a longer wait", () => {
    for (const { policy, item, draw } of draws(200, 20)) {
      const [low = 0, high = 1] = [draw.next(), draw.next()].sort((a, b) => a - b);
      const at = (probability: number, nowMs: number): number =>
        tierIndex(decide({ ...item, feedback: null, finding: fakeFinding(probability) }, policy, nowMs).tier);
      expect(at(high, NOW)).toBeLessThanOrEqual(at(low, NOW));
      expect(at(low, NOW + draw.below(1000) * 60_000)).toBeLessThanOrEqual(at(low, NOW));
    }
  });

  it("changes a tier by time alone only at the instant that it names, and then does", () => {
    for (const { policy, item } of draws(200, 20)) {
      const { tier, changesAtMs } = decide(item, policy, NOW);
      if (changesAtMs === null) {
        expect(decide(item, policy, NOW + 1e11).tier).toBe(tier);
        continue;
      }
      expect(changesAtMs).toBeGreaterThan(NOW);
      expect(decide(item, policy, changesAtMs - 1).tier).toBe(tier);
      expect(decide(item, policy, changesAtMs).changesAtMs).not.toBe(changesAtMs);
    }
  });
});

describe("rules", () => {
  const withRules = (...rules: Rule[]): Policy => ({ ...DEFAULT_POLICY, rules });
  const rule = (change: Partial<Rule>): Rule => ({
    name: "R",
    when: [],
    effect: "lift",
    tier: "stat",
    ...change,
  });
  const say = (facts: Partial<WorklistItem>, policy: Policy = DEFAULT_POLICY) =>
    prioritize(plainItem({ arrivedAt: minutesAgo(10), ...facts }), policy, NOW);

  it("an emergency patient stands in urgent at least, and says so", () => {
    expect(say({ patientClass: "emergency" })).toEqual({
      tier: "urgent",
      reason: "Emergency patient; Routine order; no bleed found",
    });
    expect(say({ patientClass: "emergency", orderPriority: "stat" }).tier).toBe("stat");
    for (const patientClass of ["inpatient", "outpatient", "unknown"] as const) {
      expect(say({ patientClass }).reason).toBe("Routine order; no bleed found");
    }
  });

  it("findings lift by steps: the most pressing that holds counts, in whatever order they stand", () => {
    const step = (atLeast: number, tier: Rule["tier"]): Rule =>
      rule({ name: `Hemorrhage at ${atLeast * 100} % or more`, when: [{ kind: "finding", atLeast }], tier });
    const policy = withRules(step(0.3, "urgent"), step(0.9, "critical"), step(0.5, "stat"));
    const tiers = [0.1, 0.3, 0.55, 0.95].map((p) => say({ finding: fakeFinding(p) }, policy));
    expect(tiers.map(({ tier }) => tier)).toEqual(["routine", "urgent", "stat", "critical"]);
    expect(tiers[1]?.reason).toBe("Probability of hemorrhage 30 %; Routine order");
    expect(tiers[2]?.reason).toBe("Suspected hemorrhage (55 %) on 7 slices; Routine order");
  });

  it("a reader's word on the finding counts as certain, either way", () => {
    const policy = withRules(rule({ when: [{ kind: "finding", atLeast: 0.9 }], tier: "critical" }));
    const word = (probability: number, agrees: boolean) =>
      say({ finding: fakeFinding(probability), feedback: { reader: "Ann", agrees, at: "" } }, policy).tier;
    expect([word(0.6, true), word(0.2, false), word(0.95, false), word(0.2, true)]).toEqual([
      ...["critical", "critical", "routine", "routine"],
    ]);
  });

  it("look at attributes: any value, without regard to case and spaces; numbers by their leading digits", () => {
    const attribute = { tag: "00081030", name: "StudyDescription" };
    const text = (test: "is" | "contains" | "startsWith", value: string): Policy =>
      withRules(rule({ when: [{ kind: "text", attribute, test, values: [value] }] }));
    const facts = { attributes: { "00081030": "CT  Head\\STROKE protocol", "00101010": "067Y" } };
    const tiers = [
      say(facts, text("contains", "stroke")),
      say(facts, text("is", "ct head")),
      say(facts, text("startsWith", "head")),
      say({}, text("contains", "stroke")),
    ].map(({ tier }) => tier);
    expect(tiers).toEqual(["stat", "stat", "routine", "routine"]);
    const age = { tag: "00101010", name: "PatientAge" };
    const old = (atLeast: number | null, below: number | null): Policy =>
      withRules(rule({ when: [{ kind: "number", attribute: age, atLeast, below }] }));
    expect([
      say(facts, old(65, null)).tier,
      say(facts, old(null, 18)).tier,
      say({}, old(0, null)).tier,
    ]).toEqual([...["stat", "routine", "routine"]]);
  });

  it("a prior that is sent for comparison is held low, and a rule that lifts goes before one that lowers", () => {
    const prior = rule({
      name: "Study over 7 d old when it arrived",
      when: [{ kind: "studyAge", overMin: 10_080, underMin: null }],
      effect: "lower",
      tier: "low",
    });
    const old = { studiedAt: minutesAgo(11_000), orderPriority: "stat" } as const;
    expect(say(old, withRules(prior))).toEqual({
      tier: "low",
      reason: "Study over 7 d old when it arrived, held at low; STAT order; no bleed found",
    });
    const lift = rule({ when: [{ kind: "order", oneOf: ["stat"] }], tier: "urgent" });
    expect(say(old, withRules(lift, prior)).tier).toBe("urgent");
    expect(say({ ...old, finding: fakeFinding(0.9) }, withRules(...DEFAULT_POLICY.rules, prior)).tier).toBe(
      "critical",
    );
  });

  it("a reader's priority takes the place of the order and its rules; a finding still lifts it", () => {
    const override = { tier: "low", reader: "Dr Weber", reason: "follow-up", at: "" } as const;
    expect(say({ override, orderPriority: "stat", patientClass: "emergency" })).toEqual({
      tier: "low",
      reason: "Set to low by Dr Weber (follow-up); no bleed found",
    });
    expect(say({ override, finding: fakeFinding(0.93) }).tier).toBe("critical");
  });
});

describe("clocks that differ", () => {
  const say = (facts: Partial<WorklistItem>) => prioritize(plainItem(facts), DEFAULT_POLICY, NOW);

  it("a study from the future is ranked as just arrived, and its row says so", () => {
    for (const orderPriority of ORDER_PRIORITIES) {
      const arrivedAt = new Date(NOW + 3_600_000).toISOString();
      const { tier, reason } = say({ orderPriority, arrivedAt });
      expect(tier).toBe(orderPriority);
      expect(reason).toContain("arrived in the future by the server's clock, counted as just arrived");
    }
  });

  it("a scanner's clock that is ahead is told of, and no rule of age holds", () => {
    const arrivedAt = minutesAgo(10);
    const ahead = say({ arrivedAt, studiedAt: new Date(NOW + 170 * 60_000).toISOString() });
    expect(ahead.reason).toBe(
      "Routine order; no bleed found; study time 3 h after its arrival: check the scanner's clock",
    );
    const young: Rule = {
      ...{ name: "Young", effect: "lift", tier: "stat" },
      when: [{ kind: "studyAge", overMin: null, underMin: 60 }],
    };
    const policy = { ...DEFAULT_POLICY, rules: [young] };
    const tierAt = (studiedAt: string) => prioritize(plainItem({ arrivedAt, studiedAt }), policy, NOW).tier;
    expect(tierAt(new Date(NOW + 170 * 60_000).toISOString())).toBe("routine");
    expect(tierAt(minutesAgo(8))).toBe("stat"); // two minutes ahead: nobody's concern
  });
});
