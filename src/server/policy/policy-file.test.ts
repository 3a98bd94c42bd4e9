import { describe, expect, it } from "vitest";

import { DEFAULT_POLICY } from "../../triage/policy.ts";
import {
  DEFAULT_POLICY_FILE,
  parsePolicyText,
  PolicyFileError,
  policyVersion,
  readPolicyFile,
} from "./policy-file.ts";

function problemOf(text: string): string {
  try {
    parsePolicyText(text, "/etc/firstread/policy.yaml");
    return "";
  } catch (error) {
    if (error instanceof PolicyFileError) return error.message;
    throw error;
  }
}

describe("the policy that ships", () => {
  it("is the same as data and as a file", async () => {
    expect(await readPolicyFile(DEFAULT_POLICY_FILE)).toEqual(DEFAULT_POLICY);
  });
});

describe("a policy file", () => {
  it("names line and column of what is wrong", () => {
    const text =
      "name: night\norder:\n  stat: stat\n  urgent: ugrent\nrules:\n  - name: r\n    wehn: {}\n    liftTo: stat\n";
    expect(problemOf(text).split("\n")).toEqual([
      'policy.yaml:4:3: order.urgent: expected one of critical, stat, urgent, routine, low, got "ugrent"',
      "policy.yaml:6:5: rules[0].when: expected at least one condition",
      'policy.yaml:7:5: rules[0].wehn: expected one of name, when, liftTo, lowerTo, got "wehn"',
    ]);
  });

  it("is refused when it is no YAML, has a key twice, or unfolds without end", () => {
    expect(problemOf("name: [")).toMatch(/^policy\.yaml:1:\d+: not YAML: /);
    expect(problemOf("name: a\nname: b\n")).toMatch(/^policy\.yaml:2:1: not YAML: Map keys must be unique/);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${"bcdef"
      .split("")
      .map(
        (name, i) =>
          `${name}: &${name} [${Array(10)
            .fill(`*${"abcde"[i] ?? ""}`)
            .join(",")}]`,
      )
      .join("\n")}\n`;
    expect(problemOf(bomb)).toContain("Excessive alias count");
    expect(problemOf("")).toContain("the policy: expected an object");
  });

  it("may be JSON", () => {
    expect(parsePolicyText('{"name": "default"}', "p.json")).toEqual(DEFAULT_POLICY);
  });
});

describe("policyVersion", () => {
  it("is the same for the same rules, and another for others", () => {
    const version = policyVersion(DEFAULT_POLICY);
    expect(version).toMatch(/^default@[0-9a-f]{8}$/);
    expect(policyVersion(parsePolicyText("# a remark\nname:   default", "p"))).toBe(version);
    expect(policyVersion(parsePolicyText("name: default\nfindings: []", "p"))).not.toBe(version);
  });
});
