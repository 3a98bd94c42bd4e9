/**
 * @file How the learning rate goes over a run: a factor for each step, from 0 to 1.
 */

export const SCHEDULES = ["constant", "cosine", "step"] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

/** "step" divides by ten when these shares of the run are over. */
const STEP_AT = [0.5, 0.75] as const;

/**
 * @param step the update, from 0
 * @param steps updates of the whole run
 * @param warmUpSteps updates over which the rate rises from near 0 first
 */
export function scheduleFactor(name: ScheduleName, step: number, steps: number, warmUpSteps: number): number {
  if (step < warmUpSteps) return (step + 1) / warmUpSteps;
  const done = (step - warmUpSteps) / Math.max(1, steps - warmUpSteps);
  if (name === "cosine") return (1 + Math.cos(Math.PI * done)) / 2;
  if (name === "step") return 0.1 ** STEP_AT.filter((share) => done >= share).length;
  return 1;
}
