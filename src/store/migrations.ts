/**
 * @file The schema's history: ordered, numbered, never edited once released.
 */
import { sql, type Kysely } from "kysely";

import type { Database } from "./schema.ts";

interface Migration {
  readonly version: number;
  readonly name: string;
  /** Statements, run in order in one transaction. */
  readonly statements: readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "studies, instances, slices, audit",
    statements: [
      `CREATE TABLE study (
        study_instance_uid text PRIMARY KEY,
        header jsonb NOT NULL,
        arrived_at timestamptz NOT NULL DEFAULT now(),
        last_instance_at timestamptz NOT NULL DEFAULT now(),
        instance_count integer NOT NULL CHECK (instance_count >= 0),
        analysis text NOT NULL DEFAULT 'arriving' CHECK (analysis IN
          ('arriving', 'settled', 'scoring', 'scored', 'not-applicable', 'failed')),
        analysis_reason text NOT NULL DEFAULT '',
        skipped_count integer NOT NULL DEFAULT 0,
        finding jsonb,
        series jsonb NOT NULL DEFAULT '[]',
        skipped jsonb NOT NULL DEFAULT '[]',
        timing jsonb,
        reading text NOT NULL DEFAULT 'waiting' CHECK (reading IN ('waiting', 'claimed', 'read')),
        reader text,
        claimed_at timestamptz,
        read_at timestamptz,
        feedback jsonb,
        revision bigint NOT NULL DEFAULT 1
      )`,
      // The settler and the worker look only at studies under way: a handful, however long the history.
      `CREATE INDEX study_under_way ON study (analysis, last_instance_at)
        WHERE analysis IN ('arriving', 'settled', 'scoring')`,
      `CREATE INDEX study_unread ON study (arrived_at) WHERE reading <> 'read'`,
      `CREATE INDEX study_read ON study (read_at) WHERE reading = 'read'`,
      `CREATE TABLE instance (
        sop_instance_uid text PRIMARY KEY,
        study_instance_uid text NOT NULL REFERENCES study,
        series_instance_uid text NOT NULL,
        sop_class_uid text NOT NULL,
        transfer_syntax_uid text NOT NULL,
        digest text NOT NULL,
        byte_length bigint NOT NULL,
        object_key text NOT NULL,
        header jsonb NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now()
      )`,
      `CREATE INDEX instance_of_study ON instance (study_instance_uid, series_instance_uid)`,
      `CREATE TABLE slice (
        study_instance_uid text NOT NULL REFERENCES study,
        index integer NOT NULL,
        sop_instance_uid text NOT NULL,
        frame integer NOT NULL,
        position_mm double precision NOT NULL,
        thickness_mm double precision,
        rows integer NOT NULL,
        columns integer NOT NULL,
        row_mm double precision NOT NULL,
        column_mm double precision NOT NULL,
        probability double precision NOT NULL,
        saliency_rows integer NOT NULL,
        saliency_columns integer NOT NULL,
        saliency_values bytea NOT NULL,
        saliency_peak double precision NOT NULL,
        region jsonb NOT NULL,
        PRIMARY KEY (study_instance_uid, index)
      )`,
      `CREATE TABLE audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        who text NOT NULL,
        what text NOT NULL,
        study_instance_uid text,
        detail text NOT NULL DEFAULT ''
      )`,
      `CREATE INDEX audit_of_study ON audit (study_instance_uid, id)`,
    ],
  },
  {
    version: 2,
    name: "which model scores",
    statements: [
      `CREATE TABLE model_use (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        who text NOT NULL,
        name text NOT NULL,
        version text NOT NULL,
        digest text NOT NULL,
        source text NOT NULL
      )`,
    ],
  },
  {
    version: 3,
    name: "where the patient is treated",
    statements: [
      `ALTER TABLE study ADD patient_class text NOT NULL DEFAULT 'unknown' CHECK (patient_class IN
        ('emergency', 'inpatient', 'outpatient', 'unknown'))`,
    ],
  },
  {
    version: 4,
    name: "policies, decisions, claims that end",
    statements: [
      `ALTER TABLE study
        ADD attributes jsonb NOT NULL DEFAULT '{}',
        ADD override jsonb,
        ADD claim_renewed_at timestamptz`,
      `CREATE INDEX study_claimed ON study (claimed_at) WHERE reading = 'claimed'`,
      `CREATE TABLE policy_use (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        version text NOT NULL,
        policy jsonb NOT NULL
      )`,
      // No reference to the study: a decision is history, written beside whatever locks the study's row.
      `CREATE TABLE decision (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        study_instance_uid text NOT NULL,
        policy_version text NOT NULL,
        tier text,
        reason text NOT NULL,
        rank integer,
        unread integer NOT NULL
      )`,
      `CREATE INDEX decision_of_study ON decision (study_instance_uid, id)`,
    ],
  },
  {
    version: 5,
    name: "deliveries to the outside, orders from it",
    statements: [
      `CREATE TABLE delivery (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        message_id uuid NOT NULL DEFAULT gen_random_uuid(),
        channel text NOT NULL,
        event text NOT NULL CHECK (event IN ('flagged', 'cleared', 'failed', 'top-tier', 'test')),
        study_instance_uid text REFERENCES study,
        facts jsonb NOT NULL,
        state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'dead')),
        created_at timestamptz NOT NULL DEFAULT now(),
        due_at timestamptz NOT NULL DEFAULT now(),
        attempts integer NOT NULL DEFAULT 0,
        last_attempt_at timestamptz,
        last_error text NOT NULL DEFAULT '',
        sent_at timestamptz
      )`,
      // What is to be sent: a handful, however long the log.
      `CREATE INDEX delivery_due ON delivery (channel, due_at, id) WHERE state = 'queued'`,
      `CREATE INDEX delivery_queued_study ON delivery (channel, study_instance_uid, id) WHERE state = 'queued'`,
      `CREATE INDEX delivery_open ON delivery (channel, id) WHERE state <> 'sent'`,
      `CREATE INDEX delivery_sent ON delivery (channel, sent_at) WHERE state = 'sent'`,
      `CREATE INDEX delivery_of_study ON delivery (study_instance_uid)`,
      `CREATE INDEX delivery_age ON delivery (created_at) WHERE state <> 'queued'`,
      // A study reaches the most pressing tier once, as far as the outside is concerned.
      `CREATE UNIQUE INDEX delivery_top_tier ON delivery (channel, study_instance_uid) WHERE event = 'top-tier'`,
      `CREATE TABLE placed_order (
        accession_number text PRIMARY KEY,
        order_priority text CHECK (order_priority IN ('stat', 'urgent', 'routine', 'low')),
        patient_class text CHECK (patient_class IN ('emergency', 'inpatient', 'outpatient', 'unknown')),
        sender text NOT NULL,
        control_id text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now()
      )`,
      `CREATE INDEX placed_order_age ON placed_order (received_at)`,
      `CREATE INDEX study_accession ON study ((header->>'accessionNumber'))`,
    ],
  },
];

/** Two processes that start together must not migrate together. Any fixed number serves. */
const MIGRATION_LOCK = 7_261_843;

/**
 * Bring the database to the newest version.
 * @throws Error when the database is newer than this program.
 */
export async function migrate(db: Kysely<Database>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(trx);
    await sql`CREATE TABLE IF NOT EXISTS migration (
      version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`.execute(
      trx,
    );
    const applied = new Set(
      (await trx.selectFrom("migration").select("version").execute()).map((row) => row.version),
    );
    const newest = MIGRATIONS.at(-1)?.version ?? 0;
    const ahead = [...applied].filter((version) => version > newest);
    if (ahead.length > 0) {
      throw new Error(
        `The database is at version ${Math.max(...ahead)}; this program knows ${newest}. Use a newer FirstRead.`,
      );
    }
    for (const { version, name, statements } of MIGRATIONS) {
      if (applied.has(version)) continue;
      for (const statement of statements) await sql.raw(statement).execute(trx);
      await trx.insertInto("migration").values({ version, name, applied_at: new Date() }).execute();
    }
  });
}
