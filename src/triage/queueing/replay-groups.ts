/**
 * @file A replayed log in groups: who is seen sooner and who later than first come, first served.
 */
import { ORDER_PRIORITIES } from "../../domain/study.ts";
import { compareWaits } from "./delay.ts";
import type { Delay } from "./delay.ts";
import type { LoggedStudy } from "./replay.ts";
import { summariseWaits } from "./summary.ts";
import type { WaitSummary } from "./summary.ts";

/** Waits in minutes until a study is opened. */
export interface GroupWaits {
  readonly group: string;
  /** As the log has it: null when it does not say for every study of the group. */
  readonly logged: WaitSummary | null;
  readonly fifo: WaitSummary;
  readonly policy: WaitSummary;
  readonly delay: Delay;
}

/** Waits of the studies of a log in three ways of reading it. */
export interface ReplayedWaits {
  readonly studies: readonly LoggedStudy[];
  readonly fifoMin: Float64Array;
  readonly policyMin: Float64Array;
}

type Test = (study: LoggedStudy) => boolean;

const GROUPS: readonly (readonly [string, Test])[] = [
  ["all", () => true],
  ["aiPositive", ({ item }) => item.finding?.flagged === true],
  ["aiNegative", ({ item }) => item.finding?.flagged === false],
  ["unscored", ({ item }) => item.finding === null],
  ["diseased", ({ truth }) => truth === true],
  ["nonDiseased", ({ truth }) => truth === false],
  ...ORDER_PRIORITIES.map(
    (priority) => [`${priority}Order`, ({ item }: LoggedStudy) => item.orderPriority === priority] as const,
  ),
];

/** Groups that have no study are left out. */
export function groupWaits({ studies, fifoMin, policyMin }: ReplayedWaits): GroupWaits[] {
  return GROUPS.flatMap(([group, test]) => {
    const picked = studies.flatMap((study, i) => (test(study) ? [{ study, i }] : []));
    if (picked.length === 0) return [];
    const of = (waits: Float64Array): Float64Array => Float64Array.from(picked, ({ i }) => waits[i] ?? 0);
    const logged = picked.flatMap(({ study: { waitedMs } }) =>
      waitedMs === null ? [] : [waitedMs / 60_000],
    );
    return [
      {
        group,
        logged: logged.length === picked.length ? summariseWaits(Float64Array.from(logged)) : null,
        fifo: summariseWaits(of(fifoMin)),
        policy: summariseWaits(of(policyMin)),
        delay: compareWaits(of(fifoMin), of(policyMin)),
      },
    ];
  });
}
