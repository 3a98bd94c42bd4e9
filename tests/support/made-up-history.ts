/**
 * @file Made-up studies of past days, written straight into the database: for the dashboard's tests and its benchmark.
 */
import { sql, type Kysely } from "kysely";

import type { Database } from "../../src/store/schema.ts";

export interface HistoryOptions {
  readonly count: number;
  /** They arrived evenly over the days before `untilDaysAgo`. */
  readonly overDays: number;
  readonly untilDaysAgo?: number;
  readonly manufacturer?: string;
  /** Starts the Study Instance UIDs. */
  readonly uidRoot?: string;
}

/**
 * Studies that were opened 10 minutes after their arrival when they were flagged (each tenth) and 40 otherwise, read
 * 10 minutes later. Each fifth was judged; of the judged, each fourth was disagreed with.
 */
export async function insertHistory(db: Kysely<Database>, options: HistoryOptions): Promise<void> {
  const { count, overDays, untilDaysAgo = 0, manufacturer = "ACME", uidRoot = "2.25.7" } = options;
  await sql`
    INSERT INTO study (study_instance_uid, header, arrived_at, last_instance_at, instance_count, analysis, finding,
      timing, reading, reader, claimed_at, read_at, feedback, attributes)
    SELECT ${uidRoot} || '.' || n,
      json_build_object('studyInstanceUid', ${uidRoot} || '.' || n, 'orderPriority', 'routine', 'description', 'CT head',
        'accessionNumber', '', 'studyAt', NULL,
        'patient', json_build_object('name', 'Made^Up', 'id', 'P' || n, 'sex', 'F', 'age', '60 y')),
      at, at + interval '20 seconds', 32, 'scored',
      json_build_object('model', json_build_object('name', 'made-up', 'version', '1'), 'probability',
        CASE WHEN flagged THEN 0.9 ELSE 0.05 + 0.4 * (n % 97) / 97.0 END, 'flagged', flagged, 'threshold', 0.5,
        'label', CASE WHEN flagged THEN 'hemorrhage' ELSE 'normal' END, 'sliceCount', 32, 'suspiciousSliceCount', 0,
        'peakSliceIndex', 0),
      json_build_object('readMs', 300, 'modelMs', 2000, 'totalMs', 2500,
        'settledAt', to_char((at + interval '30 seconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'scoredAt', to_char((at + interval '33 seconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
      'read', 'Dr Weber', at + opens, at + opens + interval '10 minutes',
      CASE WHEN n % 5 = 0 THEN json_build_object('reader', 'Dr Weber', 'agrees', n % 20 <> 0, 'at', at) END,
      json_build_object('00080070', ${manufacturer}::text, '00181210', 'H' || (30 + n % 3), '00180050', '5',
        '00180060', '120', '00081090', 'Model ' || (n % 2))::jsonb || ${sql.lit(OTHER_ATTRIBUTES)}::jsonb
    FROM (SELECT n, n % 10 = 0 AS flagged, CASE WHEN n % 10 = 0 THEN interval '10 minutes' ELSE interval '40 minutes' END AS opens,
      now() - make_interval(days => ${untilDaysAgo}::int) - make_interval(secs => ${overDays * 86_400}::float8 * n / ${count}::float8) AS at
      FROM generate_series(1, ${count}::int) AS n) AS made`.execute(db);
}

/** As many more as a scanner writes. */
const OTHER_ATTRIBUTES = JSON.stringify(
  Object.fromEntries(Array.from({ length: 60 }, (_v, i) => [`0018${String(9000 + i)}`, `value ${i}`])),
);
