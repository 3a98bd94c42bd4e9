/**
 * @file `firstread tune`: hyperparameter search; each trial is a `firstread train`.
 */
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";

import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

import { writeFileAtomically } from "../../model/atomic-file.ts";
import { OBJECTIVES } from "../../model/tune/objective.ts";
import type { Objective } from "../../model/tune/objective.ts";
import { byValue, searchPage } from "../../model/tune/report.ts";
import { bestTrial, search } from "../../model/tune/search.ts";
import { rangeText } from "../../model/tune/space.ts";
import type { Space } from "../../model/tune/space.ts";
import { TrialFolder } from "../../model/tune/trials.ts";
import type { Trial } from "../../model/tune/trials.ts";
import { isRemote, toLocalFolder } from "../../store/location.ts";
import { EXIT_USAGE } from "../exit-codes.ts";
import { countingNumber, wholeNumber } from "../option-values.ts";
import { createProgress } from "../progress.ts";
import { keepBest } from "../tune/keep-best.ts";
import { runTrial } from "../tune/run-trial.ts";
import { forTune, partOptions, settingArguments, trainOptions } from "../tune/train-options.ts";

interface Options {
  readonly output: string;
  readonly objective?: Objective;
  readonly maxJobs: number;
  readonly maxParallelJobs: number;
  readonly randomJobs?: number;
  readonly seed: number;
  readonly json?: true;
  /** The options of `train`, as they were given. */
  readonly [trainOption: string]: unknown;
}

/** Trials at random before the estimator is asked, where it is not said: a third, within these. */
const [LEAST_RANDOM, MOST_RANDOM] = [5, 10];

function randomJobs({ randomJobs: asked, maxJobs }: Options): number {
  return asked ?? Math.max(LEAST_RANDOM, Math.min(MOST_RANDOM, Math.round(maxJobs / 3)));
}

/** The arguments that make a training leave the objective behind. @throws InvalidArgumentError where it cannot */
function objectiveArguments(objective: Objective, given: Readonly<Record<string, unknown>>): string[] {
  const { folds, monitor } = given;
  const hasFolds = folds !== undefined && folds !== "0";
  if (objective === "cross-validation-auc") return hasFolds ? [] : ["--folds", "5"];
  if (hasFolds) {
    throw new InvalidArgumentError(`--objective ${objective} needs validation pictures: leave out --folds`);
  }
  const isMonitor = objective !== "validation-accuracy" && monitor === undefined;
  return ["--folds", "0", ...(isMonitor ? ["--monitor", objective] : [])];
}

function table(space: Space, trials: readonly Trial[], objective: Objective): string[] {
  const names = [...space.keys()];
  const rows = byValue(trials, objective).map(({ number, settings, result }) => [
    String(number),
    result?.value == null ? "failed" : result.value.toFixed(4),
    ...names.map((name) => settings[name] ?? ""),
    `${Math.round(result?.seconds ?? 0)} s`,
  ]);
  const all = [["trial", objective, ...names, "time"], ...rows];
  const widths = all[0]?.map((_, c) => Math.max(...all.map((row) => row[c]?.length ?? 0))) ?? [];
  return all.map((row) => row.map((cell, c) => cell.padStart(widths[c] ?? 0)).join("  "));
}

/** Runs `work` with a signal that the first Ctrl-C or SIGTERM sets; a second one ends the process. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const stop = (): void => {
    if (interrupt.signal.aborted) process.exit(1);
    console.error("stopping with checkpoints; the same command goes on (again: at once)");
    interrupt.abort(new Error("interrupted; the same command goes on"));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    return await work(interrupt.signal);
  } finally {
    process.removeListener("SIGINT", stop).removeListener("SIGTERM", stop);
  }
}

/** What is searched, and what every training is given. @throws InvalidArgumentError */
function plan(options: Options): { space: Space; args: string[] } {
  const { maxParallelJobs: parallel, objective = "validation-auc", output, seed } = options;
  if (isRemote(output)) {
    throw new InvalidArgumentError(`--output ${output}: expected a folder of this machine`);
  }
  const { space, fixed } = partOptions(options as Readonly<Record<string, string | true | undefined>>);
  if (space.size === 0) {
    throw new InvalidArgumentError(
      "nothing to search: give at least one option a range, as in --learning-rate 1e-4:1e-2:log",
    );
  }
  const shared = Math.max(1, Math.floor(availableParallelism() / parallel));
  const threads = parallel > 1 && options["threads"] === undefined ? ["--threads", String(shared)] : [];
  const args = [...fixed, ...objectiveArguments(objective, options), ...threads, "--seed", String(seed)];
  return { space, args };
}

/** As `plan`; a wrong option is said as commander says it. */
function planOrUsage(options: Options, command: Command): { space: Space; args: string[] } {
  try {
    return plan(options);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return command.error(`error: ${error.message}`, { exitCode: EXIT_USAGE });
  }
}

async function run(data: string, options: Options, command: Command): Promise<void> {
  const { output, maxJobs, maxParallelJobs: parallel, seed, objective = "validation-auc" } = options;
  const { space, args } = planOrUsage(options, command);
  const randomTrials = randomJobs(options);
  const searched = Object.fromEntries([...space].map(([name, range]) => [name, rangeText(range)]));
  const local = resolve(await toLocalFolder(data));
  const folder = await TrialFolder.open(resolve(output), { data, objective, searched, args, seed });
  const report = join(folder.dir, "report.html");
  const progress = createProgress();
  const trials = await interruptible((signal) =>
    search(
      folder,
      { space, objective, trials: maxJobs, randomTrials, parallel, seed },
      {
        run: ({ number, settings, resume }) => {
          progress.show(`trial ${number}`, number - 1, maxJobs);
          const own = { dir: folder.dirOf(number), args: [...args, ...settingArguments(settings)] };
          return runTrial({ ...own, data: local, resume, objective, signal });
        },
        onEnd: async ({ number, result, settings }, all) => {
          progress.clear();
          const said = result?.failed ?? `${objective} ${result?.value?.toFixed(4) ?? ""}`;
          console.error(`trial ${number}/${maxJobs}: ${said} (${settingArguments(settings).join(" ")})`);
          await keepBest(folder, all, objective);
          await writeFileAtomically(
            report,
            searchPage({ data, space, objective, trials: all, randomTrials }),
          );
        },
      },
    ),
  );
  progress.clear();
  const model = await keepBest(folder, trials, objective);
  await writeFileAtomically(report, searchPage({ data, space, objective, trials, randomTrials }));
  if (options.json) {
    console.log(JSON.stringify({ objective, best: bestTrial(trials, objective), model, report, trials }));
    return;
  }
  for (const line of table(space, trials, objective)) console.log(line);
  console.log(model === null ? "No trial worked." : `Best model: ${model}`);
  console.log(`Report: ${report}`);
}

export function configure(command: Command): void {
  command
    .argument("<data>", "what `firstread train` takes: class folders, or a folder with labels.csv; or s3://")
    .requiredOption(
      "--output <dir>",
      "trials, best model and report; a search that was interrupted goes on there",
    )
    .addOption(
      new Option("--objective <figure>", "what is searched for (default: validation-auc)").choices(
        OBJECTIVES,
      ),
    )
    .option("--max-jobs <n>", "trials in all", countingNumber, 20)
    .option("--max-parallel-jobs <n>", "trials at the same time", countingNumber, 1)
    .option(
      "--random-jobs <n>",
      "trials at random before the estimator is asked (default: a third of all, 5 to 10)",
      countingNumber,
    )
    .option("--seed <n>", "of the search and of every training", wholeNumber, 1)
    .option("--json", "print the result as JSON");
  for (const option of trainOptions()) command.addOption(forTune(option));
  command
    .addHelpText(
      "after",
      `
All other options are those of \`firstread train\` and hold for every trial. A <range> is one value, a list
(16,32,64), or a range of numbers: 0:0.1, 1e-4:1e-2:log (equal ratios equally likely), 3:10 (whole numbers).

  firstread tune folders/ --output search/ --backbone extractor.onnx --layer features \\
    --learning-rate 1e-4:1e-2:log --batch-size 16,32,64 --epochs 3:10 --max-jobs 20

Trials are random first, then proposed by a tree-structured Parzen estimator. A search that was interrupted or
killed goes on with the same command; trials that have ended are not run again, and --max-jobs may be raised.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
    )
    .action(run);
}
