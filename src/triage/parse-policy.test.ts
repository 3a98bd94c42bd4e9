import { describe, expect, it } from "vitest";

import { parsePolicy, policyWarnings } from "./parse-policy.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { PolicyError } from "./policy-problems.ts";

function problemsOf(document: unknown): string[] {
  try {
    parsePolicy(document);
    return [];
  } catch (error) {
    if (error instanceof PolicyError) return error.message.split("\n");
    throw error;
  }
}

describe("parsePolicy", () => {
  it("takes what is left out from the policy that ships", () => {
    expect(parsePolicy({ name: "default" })).toEqual(DEFAULT_POLICY);
  });

  it("takes what is there alone", () => {
    const policy = parsePolicy({ name: "x", patientClass: {}, findings: [], maximumWait: {} });
    expect(policy.rules).toEqual([]);
    expect(Object.values(policy.promotions).flat()).toEqual([]);
  });

  it("makes rules of attributes, named by keyword or tag", () => {
    const { rules } = parsePolicy({
      name: "night",
      patientClass: {},
      findings: [{ atLeast: 0.9, tier: "critical" }],
      studyAge: [{ over: "7 d", lowerTo: "low" }],
      rules: [
        {
          name: "Stroke",
          when: {
            StudyDescription: { contains: ["stroke", "lysis"] },
            "(0009,1001)": "x",
            PatientAge: { below: 18 },
          },
          liftTo: "stat",
        },
      ],
    });
    expect(rules).toEqual([
      {
        name: "Study over 7 d old when it arrived",
        when: [{ kind: "studyAge", overMin: 10_080, underMin: null }],
        effect: "lower",
        tier: "low",
      },
      {
        name: "Stroke",
        when: [
          {
            kind: "text",
            attribute: { tag: "00081030", name: "StudyDescription" },
            test: "contains",
            values: ["stroke", "lysis"],
          },
          { kind: "text", attribute: { tag: "00091001", name: "(0009,1001)" }, test: "is", values: ["x"] },
          { kind: "number", attribute: { tag: "00101010", name: "PatientAge" }, atLeast: null, below: 18 },
        ],
        effect: "lift",
        tier: "stat",
      },
      {
        name: "Hemorrhage at 90 % or more",
        when: [{ kind: "finding", atLeast: 0.9 }],
        effect: "lift",
        tier: "critical",
      },
    ]);
  });

  it.each([
    [
      null,
      "the policy: expected an object with name, order, patientClass, findings, studyAge, rules, maximumWait, got null",
    ],
    [{}, "name: expected a name of 1 to 64 characters, got nothing"],
    [
      { name: "x", prder: {} },
      'prder: expected one of name, order, patientClass, findings, studyAge, rules, maximumWait, got "prder"',
    ],
    [
      { name: "x", order: { stat: "highest" } },
      'order.stat: expected one of critical, stat, urgent, routine, low, got "highest"',
    ],
    [
      { name: "x", patientClass: { er: "stat" } },
      'patientClass.er: expected one of emergency, inpatient, outpatient, unknown, got "er"',
    ],
    [
      { name: "x", findings: [{ atLeast: 90, tier: "stat" }] },
      "findings[0].atLeast: expected flagged, or a probability above 0, at most 1, got 90",
    ],
    [
      { name: "x", studyAge: [{ over: "7 days", lowerTo: "low" }] },
      'studyAge[0].over: expected a length of time such as "90 min", "4 h" or "7 d", got "7 days"',
    ],
    [
      { name: "x", studyAge: [{ over: "2 h", under: "1 h", liftTo: "stat" }] },
      "studyAge[0]: no study is older than over and younger than under: over must be the smaller",
    ],
    [
      { name: "x", rules: [{ name: "r", when: {}, liftTo: "stat" }] },
      "rules[0].when: expected at least one condition",
    ],
    [
      { name: "x", rules: [{ name: "r", when: { StudyDescripton: "x" }, liftTo: "stat" }] },
      'rules[0].when.StudyDescripton: expected order, patientClass, finding, studyAge, a DICOM keyword, or a tag as in (0008,1030), got "StudyDescripton"',
    ],
    [
      { name: "x", rules: [{ name: "r", when: { order: "stat" } }] },
      "rules[0]: expected one of liftTo, lowerTo",
    ],
    [
      { name: "x", rules: [{ name: "r", when: { finding: 0.1 }, lowerTo: "low" }] },
      "rules[0].lowerTo: a rule that looks at the finding may only lift (liftTo)",
    ],
    [
      {
        name: "x",
        maximumWait: {
          low: [
            { after: "2 h", tier: "stat" },
            { after: "1 h", tier: "critical" },
          ],
        },
      },
      "maximumWait.low[1].after: expected a longer wait than the one before",
    ],
    [
      { name: "x", maximumWait: { stat: [{ after: "2 h", tier: "urgent" }] } },
      "maximumWait.stat[0].tier: expected a more pressing tier than stat, got urgent",
    ],
    [{ name: "x", rules: null }, "rules: expected a value, got null"],
  ])("refuses %j, and says where and why", (document, expected) => {
    expect(problemsOf(document)).toEqual([expected]);
  });

  it("tells everything that is wrong at once", () => {
    expect(problemsOf({ name: 7, order: [], rules: [{ name: "r" }] })).toHaveLength(4);
  });
});

describe("policyWarnings", () => {
  it("warns of a wait without bound, and of an AI that changes nothing", () => {
    expect(policyWarnings(DEFAULT_POLICY)).toEqual([]);
    const policy = parsePolicy({
      name: "x",
      findings: [],
      maximumWait: { stat: [{ after: "1 h", tier: "critical" }] },
    });
    expect(policyWarnings(policy).map((line) => line.split(":")[0])).toEqual([
      ...["maximumWait.urgent", "maximumWait.routine", "maximumWait.low", "findings"],
    ]);
  });
});
