import { expect, it } from "vitest";

import { KeptAnswers } from "./kept.ts";

it("asks once for many, again when the answer is old, and at once after a failure", async () => {
  const asked: number[] = [];
  const kept = new KeptAnswers(
    async (key: number) => {
      asked.push(key);
      if (asked.length === 3) throw new Error("the database is away");
      return asked.length;
    },
    () => 10,
  );
  expect(await Promise.all([kept.get(7, 0), kept.get(7, 9)])).toEqual([1, 1]);
  expect(await kept.get(30, 9)).toBe(2);
  await expect(kept.get(7, 10)).rejects.toThrow("the database is away");
  expect(await kept.get(7, 11)).toBe(4);
  expect(asked).toEqual([7, 30, 7, 7]);
});
