/**
 * @file The search: proposes, runs, records, until as many trials have ended as were asked for.
 */
import { costOf } from "./objective.ts";
import type { Objective } from "./objective.ts";
import { propose } from "./propose.ts";
import type { Observation } from "./propose.ts";
import type { Settings, Space } from "./space.ts";
import type { Trial, TrialFolder, TrialResult } from "./trials.ts";

export interface SearchOptions {
  readonly space: Space;
  readonly objective: Objective;
  readonly trials: number;
  readonly randomTrials: number;
  readonly parallel: number;
  readonly seed: number;
}

/** Runs a trial and says how it ended. */
export interface TrialRunner {
  /**
   * @param resume whether it was begun before
   * @throws the signal's reason when it is aborted; for a trial that fails it gives a result
   */
  run(trial: { number: number; settings: Settings; resume: boolean }): Promise<TrialResult>;
  /** Called after each trial that ended, with all that did; never while an earlier call is under way. */
  onEnd?(trial: Trial, all: readonly Trial[]): Promise<void>;
}

/** So many failures at the beginning, and nothing else: the command is wrong, not the settings. */
const HOPELESS = 3;

/** A search of which the first trials all failed. */
export class SearchFailed extends Error {
  override readonly name = "SearchFailed";
}

/** The best of the trials that worked; null where none did. */
export function bestTrial(trials: readonly Trial[], objective: Objective): Trial | null {
  const cost = ({ result }: Trial): number =>
    result?.value == null ? Infinity : costOf(objective, result.value);
  return trials.reduce<Trial | null>(
    (best, trial) => (cost(trial) < (best ? cost(best) : Infinity) ? trial : best),
    null,
  );
}

/**
 * Search. With one trial at a time, the same seed gives the same trials, also when it was interrupted between.
 * @returns all trials, by number
 * @throws SearchFailed when the first trials all failed; what the runner throws
 */
export async function search(
  folder: TrialFolder,
  options: SearchOptions,
  runner: TrialRunner,
): Promise<readonly Trial[]> {
  const trials = new Map((await folder.trials()).map((trial) => [trial.number, trial]));
  const waiting = [...trials.values()].filter(({ result }) => result === null);
  const ended = (): Trial[] =>
    [...trials.values()].filter(({ result }) => result !== null).sort((a, b) => a.number - b.number);
  let next = Math.max(0, ...trials.keys()) + 1;

  const takeTrial = async (): Promise<{ trial: Trial; resume: boolean } | null> => {
    const begun = waiting.shift();
    if (begun) return { trial: begun, resume: true };
    if (next > options.trials) return null;
    const number = next++;
    const settings = propose(options.space, observationsOf(ended(), options.objective), {
      ...options,
      number,
    });
    const trial = { number, settings, result: null };
    trials.set(number, trial);
    await folder.begin(number, settings);
    return { trial, resume: false };
  };
  let telling = Promise.resolve();
  /** One after the other: what is done at a trial's end (the best model kept) must not meet itself. */
  const tell = (done: Trial): Promise<void> => (telling = telling.then(() => runner.onEnd?.(done, ended())));
  let stopped = false;
  const work = async (): Promise<void> => {
    for (let taken = await takeTrial(); taken && !stopped; taken = await takeTrial()) {
      const { trial, resume } = taken;
      const result = await runner.run({ ...trial, resume });
      const done = { ...trial, result };
      await folder.end(trial.number, result);
      trials.set(trial.number, done);
      await tell(done);
      failIfHopeless(ended());
    }
  };
  const workers = Array.from({ length: options.parallel }, () =>
    work().catch((error: unknown) => {
      stopped = true;
      throw error;
    }),
  );
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return ended();
}

function observationsOf(trials: readonly Trial[], objective: Objective): Observation[] {
  return trials.map(({ settings, result }) => ({
    settings,
    cost: result?.value == null ? Infinity : costOf(objective, result.value),
  }));
}

function failIfHopeless(trials: readonly Trial[]): void {
  if (trials.length < HOPELESS || trials.some(({ result }) => result?.failed === null)) return;
  const why = trials[0]?.result?.failed ?? "";
  throw new SearchFailed(`the first ${trials.length} trials all failed; trial 1: ${why}`);
}
