/**
 * @file The options of `firstread train` as `firstread tune` takes them: those that can be searched as a range, a list or
 * a value; the others as they are, for every trial.
 */
import { Command, InvalidArgumentError, Option } from "commander";

import { parseRange } from "../../model/tune/space.ts";
import type { Range, Settings, Space } from "../../model/tune/space.ts";
import { configure as configureTrain } from "../commands/train.ts";

/** Long names of what can be searched: numbers, whole numbers, or names of which only a list can be given. */
const SEARCHABLE: ReadonlyMap<string, "number" | "whole" | "choice"> = new Map([
  ["learning-rate", "number"],
  ["backbone-learning-rate", "number"],
  ["weight-decay", "number"],
  ["batch-size", "whole"],
  ["epochs", "whole"],
  ["warm-up-epochs", "number"],
  ["label-smoothing", "number"],
  ["early-stopping", "whole"],
  ["augmented-copies", "whole"],
  ["optimizer", "choice"],
  ["schedule", "choice"],
  ["pooling", "choice"],
  ["augmentation", "choice"],
  ["class-weights", "choice"],
  ["layer", "choice"],
  ["train-only-top-layer", "choice"],
]);

/** What a trial's training is given by the search itself. */
const OWN: readonly string[] = ["output", "resume", "json", "seed"];

/** A tune option's text, or true for a flag. */
type Given = Readonly<Record<string, string | true | undefined>>;

/** The train command's options that tune takes too. */
export function trainOptions(): readonly Option[] {
  const train = new Command();
  configureTrain(train);
  return train.options.filter((option) => option.long !== undefined && !OWN.includes(longName(option)));
}

function longName({ long }: Option): string {
  return (long ?? "").replace(/^--/, "");
}

/** Check a text as `train` would. @throws InvalidArgumentError saying what was expected */
function check(option: Option, text: string): void {
  const parse: ((value: string, previous: unknown) => unknown) | undefined = option.parseArg;
  try {
    parse?.(text, undefined);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`${option.long ?? ""} ${text}: ${why}`);
  }
}

/** A range of a searchable option's text; null for one value. @throws InvalidArgumentError */
function searched(option: Option, text: string): Range | null {
  const kind = SEARCHABLE.get(longName(option));
  if (kind === undefined || (kind === "choice" && !text.includes(","))) return null;
  try {
    return parseRange(text, kind === "whole");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidArgumentError(`${option.long ?? ""}: ${error.message}`);
  }
}

/** The same option for tune: text that is checked when all of it is known. */
export function forTune(option: Option): Option {
  const { flags: known } = option;
  const flags = SEARCHABLE.has(longName(option)) ? known.replace(/<[^>]+>/, "<range>") : known;
  return new Option(flags, option.description).makeOptionMandatory(option.mandatory);
}

export interface TuneSettings {
  readonly space: Space;
  /** Arguments of every trial. */
  readonly fixed: readonly string[];
}

/**
 * Part what was given into what is searched and what every trial has.
 * @throws InvalidArgumentError for a value that `train` would not take
 */
export function partOptions(given: Given): TuneSettings {
  const space = new Map<string, Range>();
  const fixed: string[] = [];
  for (const option of trainOptions()) {
    const value = given[option.attributeName()];
    const long = option.long ?? "";
    if (option.negate) {
      if ((value as unknown) === false) fixed.push(long);
    } else if (value === true) fixed.push(long);
    else if (typeof value === "string") {
      const range = searched(option, value);
      const tried =
        range === null ? [value] : range.kind === "choice" ? range.values : [range.lower, range.upper];
      for (const each of tried) check(option, String(each));
      if (range) space.set(longName(option), range);
      else fixed.push(long, value);
    }
  }
  return { space, fixed };
}

/** A trial's settings as arguments. */
export function settingArguments(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}
