import { describe, expect, it } from "vitest";

import { IS_INTERRUPTING, IS_POSITIVE } from "./cases.ts";
import { readCases } from "./reading-room.ts";
import type { RoomRules } from "./reading-room.ts";

/** Five cases, all of ten minutes, at minutes 0, 1, 2, 3, 4; the fourth is positive. */
const cases = {
  arrivedMin: Float64Array.of(0, 1, 2, 3, 4),
  readingMin: new Float64Array(5).fill(10),
  facts: Uint8Array.of(0, 0, 0, IS_POSITIVE, 0),
};
const RULES: RoomRules = {
  radiologists: 1,
  preemptive: false,
  prioritised: true,
  aiLatencyMin: 0,
  maxWaitMin: null,
};
const waits = (rules: Partial<RoomRules>, of = cases): number[] => [...readCases(of, { ...RULES, ...rules })];

describe("readCases", () => {
  it("is first come, first served without findings", () => {
    expect(waits({ prioritised: false })).toEqual([0, 9, 18, 27, 36]);
  });

  it("reads the positive after the open case", () => {
    // Opened at 0, then the positive at 10, the others at 20, 30, 40.
    expect(waits({})).toEqual([0, 19, 28, 7, 36]);
  });

  it("reads it when its finding has come", () => {
    // At 10 the finding of minute 3 + 8 = 11 is not there: the second case goes first.
    expect(waits({ aiLatencyMin: 8 })).toEqual([0, 9, 28, 17, 36]);
  });

  it("interrupts an open case, which is resumed", () => {
    // Open from 0 to 3, the positive from 3 to 13, the first from 13 to 20.
    expect(waits({ preemptive: true })).toEqual([10, 19, 28, 0, 36]);
  });

  it("interrupts it when the finding comes while the case waits", () => {
    // The finding at 3 + 4 = 7: the first is read 0 to 7 and 17 to 20.
    expect(waits({ preemptive: true, aiLatencyMin: 4 })).toEqual([10, 19, 28, 4, 36]);
  });

  it("puts who waited too long among the positives, by arrival", () => {
    // From minute 9 on the second stands before the positive of minute 3.
    expect(waits({ maxWaitMin: 8 })).toEqual([0, 9, 18, 27, 36]);
    // From 16 on: the positive at 10, then by arrival.
    expect(waits({ maxWaitMin: 15 })).toEqual([0, 19, 28, 7, 36]);
  });

  it("has interrupting cases first under either order", () => {
    const facts = Uint8Array.of(0, 0, 0, IS_POSITIVE, IS_INTERRUPTING);
    // 0; then at 10 the interrupting one, at 20 the next.
    expect(waits({ prioritised: false }, { ...cases, facts })).toEqual([0, 19, 28, 37, 6]);
    expect(waits({}, { ...cases, facts })).toEqual([0, 29, 38, 17, 6]);
  });

  it("fills every desk", () => {
    // Desks free at 10, 11, then 20.
    expect(waits({ radiologists: 2, prioritised: false })).toEqual([0, 0, 8, 8, 16]);
  });
});
