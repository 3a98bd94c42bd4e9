import { describe, expect, it } from "vitest";

import { element, personName } from "./json-model.ts";
import { InvalidKey, matcherOf, matchesWildcard } from "./match.ts";

const matches = (vr: string, key: string, value: string | number): boolean =>
  matcherOf(vr, [key])?.(vr === "PN" ? personName(String(value)) : element(vr, value)) ?? true;

describe("matching (PS3.4 C.2.2.2)", () => {
  it.each([
    ["LO", "CT HEAD", "CT HEAD", true],
    ["LO", "ct head", "CT HEAD", false],
    ["LO", "CT*", "CT HEAD", true],
    ["LO", "*HE?D", "CT HEAD", true],
    ["LO", "HE?D", "CT HEAD", false],
    ["LO", "CT HEAD  ", " CT HEAD", true],
    ["CS", "C?", "CT", true],
    ["AS", "06?Y", "067Y", false], // not wild in AS
    ["PN", "doe^jane", "DOE^Jane", true],
    ["PN", "DOE^JANE^^", "Doe^Jane", true],
    ["PN", "DOE", "Doe^Jane", false],
    ["PN", "山田*", "Yamada^Tarou=山田^太郎=やまだ^たろう", true],
    ["PN", "yamada*=山田*", "Yamada^Tarou=山田^太郎", true],
    ["PN", "yamada*=田中*", "Yamada^Tarou=山田^太郎", false],
    ["UI", "1.2.3", "1.2.3", true],
    ["UI", "1.2", "1.2.3", false],
    ["IS", "+04", 4, true],
    ["DA", "20260301", "20260301", true],
    ["DA", "20260301", "2026.03.01", true],
    ["DA", "20260228-20260301", "20260301", true],
    ["DA", "20260302-", "20260301", false],
    ["DA", "-20260301", "20260301", true],
    ["TM", "22", "221405.5", true],
    ["TM", "2214-2215", "221559.999", true],
    ["TM", "22:14:05", "221405", true],
    ["TM", "1000-1100", "221405", false],
    ["DT", "20260301220000+0000-20260301230000+0000", "20260301221405+0000", true],
    ["DT", "20260301-0500", "20260302030000+0000", true],
    ["DT", "20260301-0500", "20260301030000+0000", false],
    ["DT", "-2025", "20260301221405+0000", false],
  ])("%s %s asked of %s: %s", (vr, key, value, expected) => {
    expect(matches(vr, key, value)).toBe(expected);
  });

  it("asks for nothing by an empty key and by a star", () => {
    expect(matcherOf("LO", [])).toBeNull();
    expect(matcherOf("LO", ["**"])).toBeNull();
  });

  it("does not match an absent value, unless everything does", () => {
    expect(matcherOf("LO", ["A*"])?.(undefined)).toBe(false);
    expect(matcherOf("LO", ["?*"])?.({ vr: "LO" })).toBe(false);
  });

  it("takes any of several values on either side", () => {
    const matcher = matcherOf("CS", ["MR", "CT"]);
    expect(matcher?.(element("CS", "PT", "CT"))).toBe(true);
    expect(matcher?.(element("CS", "PT"))).toBe(false);
  });

  it.each([
    ["DA", "20261301"],
    ["DA", "-"],
    ["TM", "2460"],
    ["DT", "yesterday"],
    ["UI", "1.2*"],
    ["IS", "four"],
    ["LO", "x".repeat(1025)],
  ])("refuses %s %s", (vr, key) => {
    expect(() => matcherOf(vr, [key])).toThrow(InvalidKey);
  });

  it("ends on a pattern of many stars", () => {
    expect(matchesWildcard("a".repeat(1000), `${"*a".repeat(400)}*b`)).toBe(false);
  });
});
