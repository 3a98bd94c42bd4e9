/**
 * @file `firstread tune` end to end on tiny pictures: killed in the middle (SIGKILL), gone on with, the best kept.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadPackage } from "../src/model/package.ts";
import type { Trial } from "../src/model/tune/trials.ts";
import { startFirstread, until } from "./support/firstread.ts";
import type { RunningCommand } from "./support/firstread.ts";
import { writeTinyTraining } from "./support/tiny-training.ts";

let dir: string;
let data: readonly string[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-tune-"));
  data = await writeTinyTraining(dir, 6, 2);
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

function start(output: string, ...more: string[]): RunningCommand {
  const searched = ["--learning-rate", "1e-3:1e-1:log", "--batch-size", "4,8", "--validation-split", "0.4"];
  const others = ["--epochs", "2", "--no-cache", "--threads", "1", "--max-jobs", "3", "--json"];
  return startFirstread("tune", ...data, "--output", join(dir, output), ...searched, ...others, ...more);
}

interface Result {
  readonly best: Trial;
  readonly model: string;
  readonly report: string;
  readonly trials: readonly Trial[];
}

describe("firstread tune", () => {
  it("goes on after SIGKILL without running again what has ended, and keeps the best model", async () => {
    const first = start("search");
    const second = join(dir, "search", "trials", "0002", "pid");
    while (!existsSync(second) && first.child.exitCode === null) await setTimeout(20);
    expect(existsSync(second), first.said()).toBe(true);
    first.child.kill("SIGKILL");
    await first.ended;
    const result = join(dir, "search", "trials", "0001", "result.json");
    const writtenAt = (await stat(result)).mtimeMs;

    const { code, stdout, stderr } = await start("search").ended;
    expect(code, stderr).toBe(0);
    expect((await stat(result)).mtimeMs).toBe(writtenAt);
    const { best, model, report, trials } = JSON.parse(stdout) as Result;
    expect(trials.map(({ number }) => number)).toEqual([1, 2, 3]);
    const values = trials.map((trial) => trial.result?.value ?? -1);
    expect(best.result?.value).toBe(Math.max(...values));
    for (const { settings } of trials) {
      expect(Number(settings["learning-rate"])).toBeGreaterThanOrEqual(1e-3);
      expect(["4", "8"]).toContain(settings["batch-size"]);
    }
    const { spec } = await loadPackage(model);
    expect(spec.training["learningRate"]).toBe(Number(best.settings["learning-rate"]));
    expect(spec.training["batchSize"]).toBe(Number(best.settings["batch-size"]));
    expect(await readFile(report, "utf8")).toContain("Hyperparameter search");

    // The same seed gives the same trials, undisturbed.
    const whole = await start("whole").ended;
    const undisturbed = (JSON.parse(whole.stdout) as Result).trials;
    const told = (list: readonly Trial[]) => list.map(({ settings, result: end }) => [settings, end?.value]);
    expect(told(undisturbed)).toEqual(told(trials));
  }, 300_000);

  it("runs two trainings at once, and gives what one after the other gives", async () => {
    const together = await start("together", "--max-parallel-jobs", "2").ended;
    expect(together.code, together.stderr).toBe(0);
    const { best, trials } = JSON.parse(together.stdout) as Result;
    expect(trials.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(trials.every(({ result }) => result?.failed === null && result.value !== null)).toBe(true);
    expect(best.result?.value).toBe(Math.max(...trials.map(({ result }) => result?.value ?? -1)));
    // The first two are random by the seed, whenever they run; one that is trained beside another is the same.
    const alone = await start("alone").ended;
    const first = (list: readonly Trial[]) =>
      list.slice(0, 2).map(({ settings, result }) => [settings, result?.value]);
    expect(first(trials)).toEqual(first((JSON.parse(alone.stdout) as Result).trials));
  }, 300_000);

  it("ends cleanly at the first Ctrl-C, its trainings too, and goes on", async () => {
    const stopped = start("stopped", "--max-parallel-jobs", "2", "--epochs", "40");
    const trials = join(dir, "stopped", "trials");
    const logOf = (trial: string): string => readFileSync(join(trials, trial, "train.log"), "utf8");
    const isTraining = (trial: string): boolean =>
      existsSync(join(trials, trial, "train.log")) && logOf(trial).includes("epoch 1 of");
    await until(() => ["0001", "0002"].every(isTraining), stopped);
    const pids = readdirSync(trials)
      .map((trial) => join(trials, trial, "pid"))
      .filter((file) => existsSync(file))
      .map((file) => Number(readFileSync(file, "utf8")));
    stopped.child.kill("SIGINT");
    const { code, stderr } = await stopped.ended;
    expect(code).toBe(1);
    expect(stderr).toContain("stopping with checkpoints; the same command goes on");
    for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false);
    const logs = readdirSync(trials).map(logOf);
    expect(logs.some((log) => log.includes("go on with --resume"))).toBe(true);

    const resumed = await start("stopped", "--max-parallel-jobs", "2", "--epochs", "40").ended;
    expect(resumed.code, resumed.stderr).toBe(0);
    const undisturbed = await start("long", "--max-parallel-jobs", "2", "--epochs", "40").ended;
    const values = ({ stdout }: { readonly stdout: string }) =>
      (JSON.parse(stdout) as Result).trials.slice(0, 2).map(({ result }) => result?.value);
    expect(values(resumed)).toEqual(values(undisturbed));
  }, 300_000);

  it("says what is wrong before it trains, and does not go on with another search", async () => {
    const wrong = await start("wrong", "--epochs", "5:1").ended;
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("--epochs: expected LOWER:UPPER");
    const other = await start("search", "--seed", "2").ended;
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("holds another search");
  }, 60_000);
});
