import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";

import { inOrder } from "./in-order.ts";

async function collect<T>(results: AsyncIterable<T>, into: T[]): Promise<void> {
  for await (const result of results) into.push(result);
}

it("yields in the order asked for, with no more than the limit at once", async () => {
  let underWay = 0;
  let most = 0;
  const results: number[] = [];
  const work = async (n: number): Promise<number> => {
    most = Math.max(most, ++underWay);
    await pause(n % 2 === 0 ? 4 : 0);
    underWay -= 1;
    return n;
  };
  await collect(inOrder([0, 1, 2, 3, 4, 5, 6], 3, work), results);
  expect(results).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(3);
});

it("begins nothing more after a failure, yields what was under way, and throws", async () => {
  const begun: number[] = [];
  const results: number[] = [];
  const work = async (n: number): Promise<number> => {
    begun.push(n);
    await pause(n === 1 ? 1 : 20);
    if (n === 1) throw new Error("no");
    return n;
  };
  await expect(collect(inOrder([0, 1, 2, 3, 4, 5], 3, work), results)).rejects.toThrow("no");
  expect(begun).toEqual([0, 1, 2]);
  expect(results).toEqual([0, 2]);
});
