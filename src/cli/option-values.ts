/**
 * @file Values of command-line options: text in, checked value out.
 */
import { InvalidArgumentError } from "commander";

import type { Window } from "../domain/slice.ts";

/** A whole number, 0 or more. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("A whole number is expected.");
  return Number(text);
}

/** A whole number, 1 or more. */
export function countingNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError("A whole number of 1 or more is expected.");
  return value;
}

/** A number of 0 or more. */
export function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0))
    throw new InvalidArgumentError("A number of 0 or more is expected.");
  return value;
}

/** A share: 0 or more, less than 1. */
export function shareBelowOne(text: string): number {
  const value = notNegative(text);
  if (value >= 1) throw new InvalidArgumentError("A share of 0 or more, below 1, is expected.");
  return value;
}

/** A probability: 0 to 1. */
export function probability(text: string): number {
  const value = notNegative(text);
  if (value > 1) throw new InvalidArgumentError("A probability of 0 to 1 is expected.");
  return value;
}

/** A regular expression. */
export function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError("A regular expression is expected.");
  }
}

/** `true` or `false`. */
export function trueOrFalse(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("true or false is expected.");
  return text === "true";
}

/** A window, as in 40/80. */
export function windowCenterWidth(text: string): Window {
  const [, center, width] = /^(-?\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (center === undefined || !(Number(width) > 1)) {
    throw new InvalidArgumentError("CENTER/WIDTH in Hounsfield units is expected, as in 40/80.");
  }
  return { centerHu: Number(center), widthHu: Number(width) };
}
