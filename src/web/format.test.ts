import { describe, expect, it } from "vitest";

import { formatName, formatPercent, formatSigned, formatWait } from "./format.ts";

describe("formatWait", () => {
  it.each([
    [-5000, "00:00"],
    [59_999, "00:59"],
    [252_000, "04:12"],
    [3_599_999, "59:59"],
    [3_600_000, "1 h 00"],
    [3_900_000, "1 h 05"],
    [90_000_000, "25 h 00"],
  ])("%d ms is %s", (ms, expected) => expect(formatWait(ms)).toBe(expected));
});

describe("formatPercent", () => {
  it.each([
    [0, "< 1 %"],
    [0.0049, "< 1 %"],
    [0.005, "1 %"],
    [0.934, "93 %"],
    [0.9949, "99 %"],
    [0.995, "> 99 %"],
    [1, "> 99 %"],
  ])("%d is %s", (p, expected) => expect(formatPercent(p)).toBe(expected));
});

describe("formatName", () => {
  it.each([
    ["Meier^Anna", "Meier, Anna"],
    ["Meier^Anna^Maria^Dr", "Meier, Anna Maria"],
    ["Meier", "Meier"],
    ["Yamada^Tarou=山田^太郎", "Yamada, Tarou"],
    ["", "No name"],
  ])("%s is %s", (name, expected) => expect(formatName(name)).toBe(expected));
});

describe("formatSigned", () => {
  it.each([
    [12.54, "+12.5"],
    [-3, "−3.0"],
    [-0.01, "0.0"],
  ])("%d is %s", (value, expected) => expect(formatSigned(value)).toBe(expected));
});
