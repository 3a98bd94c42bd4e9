/**
 * @file The dashboard's figures, from the store's counts.
 */
import type { Kysely } from "kysely";

import type { DashboardResponse, Percentiles, Share, Turnaround } from "../../domain/dashboard.ts";
import { TIERS } from "../../domain/worklist.ts";
import { proportion } from "../../model/metrics.ts";
import {
  STAGE_NAMES,
  distributions,
  periodFigures,
  queueDepth,
  type DistributionRow,
  type TurnaroundRow,
} from "../../store/history.ts";
import type { Database } from "../../store/schema.ts";
import { driftOf } from "./drift.ts";

const DAY_MS = 24 * 3_600_000;
/** How long before the period the reference for drift begins. */
const REFERENCE_DAYS = 90;
const DISTRIBUTIONS = ["score", "thickness", "kernel", "manufacturer", "model", "tubeVoltage"] as const;

function percentiles(values: TurnaroundRow["open"]): Percentiles | null {
  return values === null ? null : { median: values[0], p95: values[1], worst: values[2] };
}

const turnaround = ({ arrived, opened, read, open, done }: TurnaroundRow): Turnaround => ({
  ...{ arrived, opened, read },
  toOpenMin: percentiles(open),
  toReadMin: percentiles(done),
});

export function share(count: number, of: number): Share {
  if (of === 0) return { count, of, value: null, low: 0, high: 1 };
  const { value, interval } = proportion(count, of);
  return { count, of, value, low: interval[0], high: interval[1] };
}

/** The instants between which the reference lies, for the last so many days before `now`. */
function referencePeriod(days: number, now: Date): readonly [from: Date, to: Date] {
  const to = new Date(now.getTime() - days * DAY_MS);
  return [new Date(to.getTime() - REFERENCE_DAYS * DAY_MS), to];
}

/** The distributions before the last so many days. */
export const referenceDistributions = (db: Kysely<Database>, days: number): Promise<DistributionRow[]> =>
  distributions(db, ...referencePeriod(days, new Date()));

/**
 * The figures of the last so many days.
 *
 * @param reference the distributions before them, which may be some minutes old
 */
export async function dashboardFigures(
  db: Kysely<Database>,
  days: number,
  reference: Promise<DistributionRow[]>,
): Promise<DashboardResponse> {
  const now = new Date();
  const [referenceFrom, from] = referencePeriod(days, now);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const [figures, queue, before, current] = await Promise.all([
    periodFigures(db, from, timeZone),
    queueDepth(db),
    reference,
    distributions(db, from, now),
  ]);
  const { feedback, stages } = figures;
  const hours = new Map(figures.hours?.map((row) => [row.hour, row]));
  const { oldest, ...depth } = queue;
  return {
    ...{ now: now.toISOString(), days, from: from.toISOString(), referenceFrom: referenceFrom.toISOString() },
    all: turnaround(figures.all),
    flagged: turnaround(figures.flagged),
    unflagged: turnaround(figures.unflagged),
    tiers: TIERS.flatMap((tier) => {
      const row = figures.tiers?.find((at) => at.tier === tier);
      return row ? [{ tier, ...turnaround(row) }] : [];
    }),
    hours: Array.from({ length: 24 }, (_v, hour) => {
      const row = hours.get(hour);
      return {
        hour,
        arrived: row?.arrived ?? 0,
        toOpenMedianMin: row?.open?.[0] ?? null,
        toReadMedianMin: row?.done?.[0] ?? null,
      };
    }),
    agreement: {
      agreeing: share(
        feedback.flaggedAgreed + feedback.unflaggedAgreed,
        feedback.flagged + feedback.unflagged,
      ),
      positivePredictive: share(feedback.flaggedAgreed, feedback.flagged),
      negativePredictive: share(feedback.unflaggedAgreed, feedback.unflagged),
    },
    drift: DISTRIBUTIONS.map((name) => driftOf(name, before, current)),
    queue: {
      ...depth,
      oldestWaitMin: oldest === null ? null : Math.max(0, now.getTime() - oldest.getTime()) / 60_000,
    },
    stages: STAGE_NAMES.map((stage) => {
      const [count, medianMs, p95Ms] = stages[stage];
      return { stage, count, medianMs, p95Ms };
    }),
  };
}
