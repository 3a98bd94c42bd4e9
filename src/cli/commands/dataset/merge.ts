/**
 * @file `firstread dataset merge`: the end of a dataset that several machines made.
 */
import type { Command } from "commander";

import { finishDataset } from "../../../model/dataset/finish.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../../exit-codes.ts";
import { openSink } from "./ends.ts";
import { printSummary } from "./prepare.ts";

async function run(output: string, options: { readonly json?: true }): Promise<void> {
  const sink = await openSink(output);
  try {
    const { summary, reports } = await finishDataset(sink);
    const skipped = reports.flatMap((report) => report.skipped);
    if (options.json) console.log(JSON.stringify({ output, shards: reports.length, ...summary, skipped }));
    else {
      console.log(
        `${output}: ${reports.length} shards, ${summary.images} pictures of ${summary.patients} patients`,
      );
      printSummary(summary);
      if (skipped.length > 0) console.error(`${skipped.length} files were skipped; see skipped*.jsonl`);
    }
    process.exitCode = skipped.length === 0 ? EXIT_DONE : EXIT_SKIPPED;
  } finally {
    await sink.close();
  }
}

export function configure(command: Command): void {
  command
    .command("merge")
    .summary("Join the manifests of all shards and write the dataset card.")
    .argument("<dataset>", "what `dataset prepare --shard` wrote to")
    .option("--json", "print the result as JSON")
    .action(run);
}
