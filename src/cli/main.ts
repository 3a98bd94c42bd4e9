#!/usr/bin/env node
/**
 * @file `firstread <command>`. Each command is a file of `commands/` and is loaded only when it is asked for.
 *
 * Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some inputs were skipped.
 */
import { enableCompileCache } from "node:module";

import { Command, CommanderError } from "commander";

import { EXIT_FAILED, EXIT_USAGE } from "./exit-codes.ts";
import { restartLean } from "./lean-process.ts";

/** A command's module. */
export interface CommandModule {
  /** Declares arguments and options, and what runs. */
  configure(command: Command): void;
}

/** Name → what it does, and where it is. */
const COMMANDS: Readonly<Record<string, { summary: string; load: () => Promise<CommandModule> }>> = {
  serve: {
    summary: "The server: DICOM listener, scoring, worklist.",
    load: () => import("./commands/serve.ts"),
  },
  demo: {
    summary: "The server in a throw-away folder, and a shift of phantom head CTs sent to it.",
    load: () => import("./commands/demo.ts"),
  },
  triage: {
    summary: "Score DICOM files or folders without a server, study by study.",
    load: () => import("./commands/triage.ts"),
  },
  classify: {
    summary: "Score JPG and PNG pictures.",
    load: () => import("./commands/classify.ts"),
  },
  train: {
    summary: "Transfer learning: class folders to a model package.",
    load: () => import("./commands/train.ts"),
  },
  tune: {
    summary: "Hyperparameter search: many trainings, the best one kept.",
    load: () => import("./commands/tune.ts"),
  },
  evaluate: {
    summary: "A model's figures on data with known classes, with 95 % intervals.",
    load: () => import("./commands/evaluate.ts"),
  },
  explain: {
    summary: "Heat maps of pictures and DICOM studies, by any of 13 methods, and what they are worth.",
    load: () => import("./commands/explain.ts"),
  },
  dataset: {
    summary: "Make training data: phantom head CTs with labels and exact masks.",
    load: () => import("./commands/dataset.ts"),
  },
  model: {
    summary: "The model packages, and where extractors come from.",
    load: () => import("./commands/model.ts"),
  },
  policy: {
    summary: "The reading order: check a policy, explain a study's place.",
    load: () => import("./commands/policy.ts"),
  },
  notify: {
    summary: "Who is told of what: the running server's channels, and a test of one.",
    load: () => import("./commands/notify.ts"),
  },
  simulate: {
    summary: "What prioritisation does to waiting times, by theory and by simulation.",
    load: () => import("./commands/simulate.ts"),
  },
};

/** What `dataset` does with threads over thousands of files. */
const MANY_PICTURES: ReadonlySet<string> = new Set(["prepare", "explore", "deidentify"]);

const RESEARCH_USE = "Research use only. Not a medical device; never a diagnosis.";

/** Run a command line (without `node` and the script). Resolves to the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command("firstread")
    .description(`Finds the bleed in a queue of head CTs and puts that study first.\n${RESEARCH_USE}`)
    .exitOverride()
    .showHelpAfterError("(add --help for the options)");
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary).description(`${summary}\n\n${RESEARCH_USE}`);
    if (argv[0] === name) (await load()).configure(command);
    else command.allowUnknownOption().allowExcessArguments();
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    console.error(`firstread: ${error instanceof Error ? error.message : String(error)}`);
    if (process.env["FIRSTREAD_DEBUG"]) console.error(error);
    return EXIT_FAILED;
  }
}

// Stripping types and compiling again at each start would cost the first page a third of its time.
enableCompileCache();

if (import.meta.main) {
  const [command, work = ""] = process.argv.slice(2);
  if (command === "dataset" && MANY_PICTURES.has(work)) restartLean();
  process.exitCode = await main(process.argv.slice(2));
}
