/**
 * @file Progress of a long conversion: how far, how fast, how long still.
 */
import { createProgress } from "../../progress.ts";

/** The rate is that of the last so many seconds, so that a slow start is forgotten. */
const MEMORY_S = 20;

export interface RateProgress {
  show(this: void, stage: string, done: number, total: number): void;
  clear(this: void): void;
}

/** "3 h 05 min", "4 min", "12 s". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

export function createRateProgress(now: () => number = () => performance.now() / 1000): RateProgress {
  const progress = createProgress();
  let stage = "";
  let marks: { at: number; done: number }[] = [];
  return {
    show(name, done, total) {
      const at = now();
      if (name !== stage) marks = [];
      stage = name;
      const last = marks.at(-1);
      if (!last || at - last.at >= 1) marks.push({ at, done });
      while (marks.length > 2 && at - (marks[0]?.at ?? at) > MEMORY_S) marks.shift();
      const first = marks[0] ?? { at, done };
      const rate = at > first.at ? (done - first.done) / (at - first.at) : 0;
      const left = rate > 0 ? `, ${rate.toFixed(0)}/s, ${duration((total - done) / rate)} left` : "";
      progress.show(`${name}${left}`, done, total);
    },
    clear() {
      progress.clear();
    },
  };
}
