/**
 * @file A trial: a `firstread train` of its own process, and what it left.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";

import { parseModelSpec } from "../../model/spec.ts";
import type { EpochRecord } from "../../model/train/epoch.ts";
import { objectiveOf } from "../../model/tune/objective.ts";
import type { Objective } from "../../model/tune/objective.ts";
import type { TrialResult } from "../../model/tune/trials.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../exit-codes.ts";

const MAIN = join(import.meta.dirname, "..", "main.ts");
/** What is kept of a trial's last words, in bytes. */
const LAST_WORDS = 4096;

export interface TrialProcess {
  /** The trial's folder: `train.log`, `pid` while it runs, `model/` when it is done. */
  readonly dir: string;
  readonly data: string;
  /** Arguments of `train` besides its data and output. */
  readonly args: readonly string[];
  readonly resume: boolean;
  readonly objective: Objective;
  /** Asks the training to stop with a checkpoint. */
  readonly signal: AbortSignal;
}

/** Where a trial's package is. */
export const packageOf = (trialDir: string): string => join(trialDir, "model");

/** How often it is looked whether a process has gone. */
const LOOK_EVERY_MS = 50;

/**
 * A training that outlived the search which began it (that was killed) would write where ours does: end it. It is known
 * by its command line, since its number may be another process's by now.
 */
async function endLeftover(dir: string): Promise<void> {
  const pid = Number(await readFile(join(dir, "pid"), "utf8").catch(() => ""));
  if (!(pid > 0)) return;
  const isThere = async (): Promise<boolean> => {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return commandLine.split("\0").includes(packageOf(dir));
  };
  if (await isThere()) process.kill(pid, "SIGKILL");
  while (await isThere()) await setTimeout(LOOK_EVERY_MS);
}

/** The last line that says something. */
function lastLine(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return lines.findLast((line) => line !== "") ?? "nothing was said";
}

/** What a training left, as a value. */
async function valueOf(dir: string, objective: Objective): Promise<number> {
  const model = packageOf(dir);
  const lines = (await readFile(join(model, "metrics.jsonl"), "utf8")).split("\n").filter(Boolean);
  const epochs = lines.map((line) => JSON.parse(line) as EpochRecord);
  const spec = parseModelSpec(JSON.parse(await readFile(join(model, "model.json"), "utf8")));
  return objectiveOf(objective, { epochs, metrics: spec.metrics });
}

/** Ends the training with a checkpoint when the signal is aborted, and with the process's own end at the latest. */
function stopWith(child: ChildProcess, signal: AbortSignal): () => void {
  const stop = (): void => void child.kill("SIGINT");
  const kill = (): void => void child.kill("SIGKILL");
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  process.once("exit", kill);
  return () => {
    signal.removeEventListener("abort", stop);
    process.removeListener("exit", kill);
  };
}

/**
 * Train with a trial's settings.
 * @returns the value; or, for a training that failed, why
 * @throws the signal's reason once the training has stopped
 */
export async function runTrial(trial: TrialProcess): Promise<TrialResult> {
  const { dir, data, args, resume, objective, signal } = trial;
  if (resume) {
    await endLeftover(dir);
    // Packages are put in place whole: one that is there is done, only nobody was left to write it down.
    const value = await valueOf(dir, objective).catch(() => null);
    if (value !== null) return { value, failed: null, seconds: 0 };
  }
  const startedMs = performance.now();
  // A process group of its own: a terminal's Ctrl-C reaches the search alone, which asks each training once.
  const child = spawn(
    process.execPath,
    [MAIN, "train", data, "--output", packageOf(dir), ...args, ...(resume ? ["--resume"] : [])],
    { stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  const release = stopWith(child, signal);
  const log = createWriteStream(join(dir, "train.log"), { flags: "a" });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-LAST_WORDS);
  });
  child.stderr.pipe(log);
  try {
    if (child.pid !== undefined) await writeFile(join(dir, "pid"), String(child.pid));
    const [code, killedBy] = (await once(child, "close")) as [number | null, string | null];
    await finished(log);
    signal.throwIfAborted();
    const seconds = (performance.now() - startedMs) / 1000;
    const failed = (why: string): TrialResult => ({ value: null, failed: why, seconds });
    if (code !== EXIT_DONE && code !== EXIT_SKIPPED) {
      return failed(killedBy === null ? lastLine(words) : `ended by ${killedBy}`);
    }
    try {
      return { value: await valueOf(dir, objective), failed: null, seconds };
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  } finally {
    release();
    await rm(join(dir, "pid"), { force: true });
  }
}
