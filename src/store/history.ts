/**
 * @file What has happened, counted: turnaround, feedback, stages and distributions of a period, and the history as
 * lines. Every query reads one period by the index on `arrived_at`, and answers with a few numbers.
 */
import { sql, type Kysely } from "kysely";

import type { QueueDepth } from "../domain/dashboard.ts";
import type { Database } from "./schema.ts";

/** Counts and percentiles of one group. Minutes; null where nothing was counted. */
export interface TurnaroundRow {
  readonly arrived: number;
  readonly opened: number;
  readonly read: number;
  readonly open: readonly [median: number, p95: number, worst: number] | null;
  readonly done: readonly [median: number, p95: number, worst: number] | null;
}

export interface PeriodFigures {
  readonly all: TurnaroundRow;
  readonly flagged: TurnaroundRow;
  readonly unflagged: TurnaroundRow;
  readonly tiers: readonly (TurnaroundRow & { readonly tier: string })[] | null;
  readonly hours: readonly (TurnaroundRow & { readonly hour: number })[] | null;
  /** Of the studies with a finding that a reader judged: how many agree. */
  readonly feedback: {
    readonly flagged: number;
    readonly flaggedAgreed: number;
    readonly unflagged: number;
    readonly unflaggedAgreed: number;
  };
  /** Milliseconds: [count, median, 95th percentile]. */
  readonly stages: Readonly<Record<StageName, readonly [number, number | null, number | null]>>;
}

export const STAGE_NAMES = ["receive", "settle", "score", "model", "notify", "finding"] as const;
export type StageName = (typeof STAGE_NAMES)[number];

const turnaround = sql`json_build_object(
  'arrived', count(*), 'opened', count(opened_at), 'read', count(read_at),
  'open', to_json(percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (ORDER BY open_min)),
  'done', to_json(percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (ORDER BY done_min)))`;

const stage = (milliseconds: ReturnType<typeof sql>) => sql`json_build_array(count(${milliseconds}),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY ${milliseconds}),
  percentile_cont(0.95) WITHIN GROUP (ORDER BY ${milliseconds}))`;

const between = (from: ReturnType<typeof sql>, to: ReturnType<typeof sql>) =>
  sql<number>`extract(epoch FROM ${to} - ${from}) * 1000`;

/**
 * The figures of the studies that arrived since an instant.
 *
 * A study's tier is the last in which it stood before it was opened; one from before decisions were kept counts by
 * its finding and its order.
 *
 * @param timeZone in which the hour of arrival is told, such as "Europe/Berlin"
 */
export async function periodFigures(
  db: Kysely<Database>,
  from: Date,
  timeZone: string,
): Promise<PeriodFigures> {
  const { rows } = await sql<{ figures: PeriodFigures }>`
    WITH period AS MATERIALIZED (
      SELECT arrived_at, last_instance_at, opened_at, read_at, flagged, agrees, model_ms, settled_at, scored_at,
        extract(epoch FROM opened_at - arrived_at) / 60 AS open_min,
        extract(epoch FROM read_at - arrived_at) / 60 AS done_min,
        extract(hour FROM arrived_at AT TIME ZONE ${timeZone})::int AS hour,
        coalesce(decided.tier, CASE WHEN flagged THEN 'critical' ELSE ordered END) AS tier
      FROM (
        SELECT study_instance_uid, arrived_at, last_instance_at, coalesce(claimed_at, read_at) AS opened_at,
          read_at, header->>'orderPriority' AS ordered, (finding->>'flagged')::boolean AS flagged,
          (feedback->>'agrees')::boolean AS agrees, timed."modelMs" AS model_ms,
          timed."settledAt" AS settled_at, timed."scoredAt" AS scored_at
        FROM study LEFT JOIN LATERAL jsonb_to_record(timing)
          AS timed("modelMs" float8, "settledAt" timestamptz, "scoredAt" timestamptz) ON timing IS NOT NULL
        WHERE arrived_at >= ${from}) AS plain
      LEFT JOIN LATERAL (
        SELECT decision.tier FROM decision
        WHERE decision.study_instance_uid = plain.study_instance_uid AND decision.tier IS NOT NULL
          AND (plain.opened_at IS NULL OR decision.at <= plain.opened_at)
        ORDER BY decision.id DESC LIMIT 1) AS decided ON true)
    SELECT json_build_object(
      'all', (SELECT ${turnaround} FROM period),
      'flagged', (SELECT ${turnaround} FROM period WHERE flagged),
      'unflagged', (SELECT ${turnaround} FROM period WHERE NOT flagged),
      'tiers', (SELECT json_agg(row) FROM (
        SELECT (jsonb_build_object('tier', tier) || (${turnaround})::jsonb) AS row FROM period GROUP BY tier) AS by_tier),
      'hours', (SELECT json_agg(row) FROM (
        SELECT (jsonb_build_object('hour', hour) || (${turnaround})::jsonb) AS row FROM period GROUP BY hour) AS by_hour),
      'feedback', (SELECT json_build_object(
        'flagged', count(agrees) FILTER (WHERE flagged),
        'flaggedAgreed', count(*) FILTER (WHERE flagged AND agrees),
        'unflagged', count(agrees) FILTER (WHERE NOT flagged),
        'unflaggedAgreed', count(*) FILTER (WHERE NOT flagged AND agrees)) FROM period),
      'stages', (SELECT json_build_object(
        'receive', ${stage(between(sql`arrived_at`, sql`last_instance_at`))},
        'settle', ${stage(between(sql`last_instance_at`, sql`settled_at`))},
        'score', ${stage(between(sql`settled_at`, sql`scored_at`))},
        'model', ${stage(sql`model_ms`)},
        'notify', (SELECT ${stage(between(sql`created_at`, sql`sent_at`))} FROM delivery
          WHERE created_at >= ${from} AND state = 'sent' AND event <> 'test'),
        'finding', ${stage(between(sql`arrived_at`, sql`scored_at`))}) FROM period)) AS figures`.execute(db);
  const figures = rows[0]?.figures;
  if (!figures) throw new Error("The period's figures: one row is expected, none came.");
  return figures;
}

export interface QueueRow extends Omit<QueueDepth, "oldestWaitMin"> {
  readonly oldest: Date | null;
}

/** What is under way now, read or not yet scored. */
export async function queueDepth(db: Kysely<Database>): Promise<QueueRow> {
  const count = (condition: ReturnType<typeof sql>) => sql<number>`count(*) FILTER (WHERE ${condition})`;
  return db
    .selectFrom("study")
    .select([
      count(sql`reading = 'waiting'`).as("waiting"),
      count(sql`reading = 'claimed'`).as("claimed"),
      count(sql`analysis = 'arriving'`).as("arriving"),
      count(sql`analysis = 'settled'`).as("settled"),
      count(sql`analysis = 'scoring'`).as("scoring"),
      count(sql`analysis = 'failed'`).as("failed"),
      sql<Date | null>`min(arrived_at) FILTER (WHERE reading = 'waiting')`.as("oldest"),
    ])
    .where("reading", "<>", "read")
    .executeTakeFirstOrThrow();
}

/** The newest studies of a period that a distribution is taken from. */
const MOST_SAMPLED = 2000;

export interface DistributionRow {
  /** Which distribution. */
  readonly name: string;
  /** "" where the study does not say. */
  readonly value: string;
  readonly count: number;
}

/**
 * Distributions of the scores and of what came in, over the newest studies that arrived in [from, to).
 * Attributes are those of each study's first instance.
 */
export async function distributions(db: Kysely<Database>, from: Date, to: Date): Promise<DistributionRow[]> {
  const { rows } = await sql<DistributionRow>`
    WITH sample AS (
      SELECT finding, attributes FROM study WHERE arrived_at >= ${from} AND arrived_at < ${to}
      ORDER BY arrived_at DESC LIMIT ${sql.lit(MOST_SAMPLED)})
    SELECT name, value, count(*)::int AS count FROM sample
    CROSS JOIN LATERAL jsonb_to_record(attributes) AS has("00180050" text, "00181210" text, "00080070" text,
      "00081090" text, "00180060" text)
    CROSS JOIN LATERAL (VALUES
      ('score', CASE WHEN finding IS NOT NULL
        THEN least(9, floor((finding->>'probability')::float8 * 10))::text END),
      ('thickness', CASE WHEN has."00180050" ~ '^ *[0-9]{1,4}([.][0-9]+)? *$'
        THEN (round(has."00180050"::numeric * 2) / 2)::numeric(6, 1)::text ELSE '' END),
      ('kernel', coalesce(has."00181210", '')),
      ('manufacturer', coalesce(has."00080070", '')),
      ('model', coalesce(has."00081090", '')),
      ('tubeVoltage', coalesce(has."00180060", ''))) AS seen(name, value)
    WHERE value IS NOT NULL GROUP BY name, value`.execute(db);
  return rows;
}

/** One study, as a log has it: no patient, no UID. */
export interface HistoryLine {
  readonly arrivedAt: Date;
  readonly priority: string;
  readonly patientClass: string;
  readonly probability: number | null;
  readonly flagged: boolean | null;
  readonly agrees: boolean | null;
  readonly openedAt: Date | null;
  readonly readAt: Date | null;
  readonly foundAt: Date | null;
}

const PAGE = 5000;

/** The studies that were read since an instant, by arrival, a few thousand at a time. */
export async function* readHistory(db: Kysely<Database>, from: Date): AsyncGenerator<readonly HistoryLine[]> {
  // As text: a Date knows milliseconds, the database microseconds, and a row must not come twice.
  let after = { at: from.toISOString(), uid: "" };
  for (;;) {
    const rows = await db
      .selectFrom("study")
      .select([
        "study_instance_uid",
        sql<string>`arrived_at::text`.as("at"),
        "arrived_at as arrivedAt",
        sql<string>`header->>'orderPriority'`.as("priority"),
        "patient_class as patientClass",
        sql<number | null>`(finding->>'probability')::float8`.as("probability"),
        sql<boolean | null>`(finding->>'flagged')::boolean`.as("flagged"),
        sql<boolean | null>`(feedback->>'agrees')::boolean`.as("agrees"),
        sql<Date | null>`coalesce(claimed_at, read_at)`.as("openedAt"),
        "read_at as readAt",
        sql<Date | null>`(timing->>'scoredAt')::timestamptz`.as("foundAt"),
      ])
      .where("reading", "=", "read")
      .where(sql<boolean>`(arrived_at, study_instance_uid) > (${after.at}::timestamptz, ${after.uid})`)
      .orderBy("arrived_at")
      .orderBy("study_instance_uid")
      .limit(PAGE)
      .execute();
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = { at: last.at, uid: last.study_instance_uid };
  }
}
