import { describe, expect, it } from "vitest";

import { displayAge, displayName, instant, orderPriority } from "./patient.ts";

describe("displayName", () => {
  it.each([
    ["Doe^Jane^Mary^Dr^PhD", "DOE, Jane Mary"],
    ["Doe^Jane", "DOE, Jane"],
    ["HEAD", "HEAD"],
    ["^Jane", "Jane"],
    ["Yamada^Tarou=山田^太郎=やまだ^たろう", "YAMADA, Tarou"],
    ["=山田^太郎", "山田, 太郎"],
    ["^^^^", ""],
    ["", ""],
  ])("%j is %j", (personName, shown) => {
    expect(displayName(personName)).toBe(shown);
  });
});

describe("displayAge", () => {
  it.each([
    ["067Y", "", "", "67 y"],
    ["005M", "19600101", "20260301", "5 mo"],
    ["002W", "", "", "2 wk"],
    ["010D", "", "", "10 d"],
    ["", "19590302", "20260301", "66 y"], // the day before the birthday
    ["", "19590301", "20260301", "67 y"],
    ["", "20250115", "20260301", "13 mo"],
    ["", "20260220", "20260301", "9 d"],
    ["", "20270101", "20260301", ""], // not yet born
    ["", "19590230", "20260301", ""], // no such day
    ["old", "", "20260301", ""],
  ])("%j, born %j, studied %j: %j", (age, born, studied, shown) => {
    expect(displayAge(age, born, studied)).toBe(shown);
  });
});

describe("instant", () => {
  it.each([
    ["20260301", "221405.123", "2026-03-01T22:14:05"],
    ["20260301", "2214", "2026-03-01T22:14:00"],
    ["20260301", "", "2026-03-01T00:00:00"],
    ["2026.03.01", "22:14:05", "2026-03-01T22:14:05"],
    ["20260301", "992200", "2026-03-01T00:00:00"],
    ["20261301", "221405", null],
    ["", "221405", null],
  ])("%j %j is %j", (date, time, expected) => {
    expect(instant(date, time)).toBe(expected);
  });
});

describe("orderPriority", () => {
  it.each([
    ["STAT", "", "stat"],
    ["HIGH", "LOW", "urgent"],
    ["ROUTINE", "HIGH", "routine"],
    ["", "HIGH", "urgent"],
    ["", "MED", "routine"],
    ["", "LOW", "low"],
    ["whatever", "", "routine"],
    ["", "", "routine"],
  ])("%j and %j are %s", (requested, study, expected) => {
    expect(orderPriority(requested, study)).toBe(expected);
  });
});
