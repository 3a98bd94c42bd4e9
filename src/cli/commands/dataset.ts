/**
 * @file `firstread dataset`: look at data, convert it, make it. One file a sub-command.
 */
import type { Command } from "commander";

import { configure as deidentify } from "./dataset/deidentify.ts";
import { configure as explore } from "./dataset/explore.ts";
import { configure as merge } from "./dataset/merge.ts";
import { configure as prepare } from "./dataset/prepare.ts";
import { configure as synthesize } from "./dataset/synthesize.ts";

export function configure(command: Command): void {
  explore(command);
  prepare(command);
  merge(command);
  synthesize(command);
  deidentify(command);
}
