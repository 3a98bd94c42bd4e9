/**
 * @file Values of `dataset prepare`'s options: text in, checked value out.
 */
import { InvalidArgumentError } from "commander";

import type { Window } from "../../../domain/slice.ts";
import type { Shard } from "../../../model/dataset/manifest.ts";
import type { SplitParts } from "../../../model/dataset/split-plan.ts";
import { countingNumber } from "../../option-values.ts";

export type ThreeWindows = readonly [Window, Window, Window];

/** "40/80,80/200,600/2800": centre and width in HU, for R, G, B. */
export function threeWindows(text: string): ThreeWindows {
  const windows = text.split(",").map((part) => {
    const match = /^\s*(-?\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)\s*$/.exec(part);
    const [centerHu, widthHu] = [Number(match?.[1] ?? NaN), Number(match?.[2] ?? NaN)];
    return { centerHu, widthHu };
  });
  const [red, green, blue, ...more] = windows;
  if (!red || !green || !blue || more.length > 0 || !windows.every(({ widthHu }) => widthHu > 1))
    throw new InvalidArgumentError("Three windows are expected, as in 40/80,80/200,600/2800.");
  return [red, green, blue];
}

/** "80/10/10": parts in percent. */
export function splitParts(text: string): SplitParts {
  const [train, validation, test, ...more] = text.split("/").map(Number);
  const parts = { train: train ?? NaN, validation: validation ?? NaN, test: test ?? NaN };
  const sum = parts.train + parts.validation + parts.test;
  if (more.length > 0 || !Object.values(parts).every((part) => part >= 0) || Math.abs(sum - 100) > 1e-9)
    throw new InvalidArgumentError("Three parts that sum to 100 are expected, as in 80/10/10.");
  return { train: parts.train / 100, validation: parts.validation / 100, test: parts.test / 100 };
}

/** "3/10": the third of ten, counted from 1. */
export function shardOf(text: string): Shard {
  const [index, of, ...more] = text.split("/").map(Number);
  if (!index || !of || more.length > 0 || !Number.isInteger(index) || !Number.isInteger(of) || index > of)
    throw new InvalidArgumentError("A shard as in 3/10 is expected, counted from 1.");
  return { index, of };
}

/** A JPEG quality. */
export function jpegQuality(text: string): number {
  const value = countingNumber(text);
  if (value > 100) throw new InvalidArgumentError("A quality in 1…100 is expected.");
  return value;
}

/** "normal,epidural,subdural": at least two. */
export function classNames(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.length < 2 || names.includes("") || new Set(names).size < names.length)
    throw new InvalidArgumentError("Two or more different classes are expected, as in normal,subdural.");
  return names;
}
