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
  {
    version: 6,
    name: "workitems, subscriptions",
    statements: [
      // 2.25 and a UUID of version 8, made of a hash (RFC 9562, 5.8): the same study, the same workitems.
      `CREATE FUNCTION workitem_uid(study text, attempt integer) RETURNS text
      LANGUAGE plpgsql IMMUTABLE STRICT AS $$
      DECLARE
        hash bytea := substr(sha256(convert_to('FirstRead workitem ' || attempt || ' of ' || study, 'UTF8')), 1, 16);
        number numeric := 0;
      BEGIN
        hash := set_byte(hash, 6, (get_byte(hash, 6) & 15) | 128);
        hash := set_byte(hash, 8, (get_byte(hash, 8) & 63) | 128);
        FOR i IN 0..15 LOOP number := number * 256 + get_byte(hash, i); END LOOP;
        RETURN '2.25.' || number;
      END $$`,
      `CREATE TABLE workitem (
        workitem_uid text PRIMARY KEY,
        study_instance_uid text NOT NULL REFERENCES study,
        attempt integer NOT NULL,
        state text NOT NULL DEFAULT 'SCHEDULED' CHECK (state IN
          ('SCHEDULED', 'IN PROGRESS', 'COMPLETED', 'CANCELED')),
        transaction_uid text,
        performer text,
        reason text NOT NULL DEFAULT '',
        scheduled_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        ended_at timestamptz,
        changed_at timestamptz NOT NULL DEFAULT now(),
        changes jsonb NOT NULL DEFAULT '{}',
        UNIQUE (study_instance_uid, attempt)
      )`,
      // At most one is open: two readers cannot hold one study.
      `CREATE UNIQUE INDEX workitem_open ON workitem (study_instance_uid)
        WHERE state IN ('SCHEDULED', 'IN PROGRESS')`,
      `CREATE INDEX workitem_ended ON workitem (ended_at, workitem_uid)
        WHERE state IN ('COMPLETED', 'CANCELED')`,
      `CREATE FUNCTION schedule_workitem(study text) RETURNS void LANGUAGE sql AS $$
        INSERT INTO workitem (workitem_uid, study_instance_uid, attempt)
        SELECT workitem_uid(study, next.attempt), study, next.attempt
        FROM (SELECT coalesce(max(attempt), 0) + 1 AS attempt FROM workitem WHERE study_instance_uid = study) AS next
      $$`,
      // A workitem never goes back (PS3.4 CC.1.1): what was begun and let go is canceled, and another is scheduled.
      `CREATE FUNCTION workitems_follow_reading() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        study text := NEW.study_instance_uid;
        is_let_go boolean;
        moment timestamptz := date_trunc('milliseconds', clock_timestamp());
      BEGIN
        IF TG_OP = 'INSERT' THEN
          PERFORM schedule_workitem(study);
          RETURN NULL;
        END IF;
        is_let_go := OLD.reading = 'claimed' AND (NEW.reading = 'waiting'
          OR (NEW.reading = 'claimed' AND NEW.reader IS DISTINCT FROM OLD.reader));
        IF is_let_go THEN
          UPDATE workitem SET state = 'CANCELED', ended_at = moment, changed_at = moment,
            reason = CASE reason WHEN '' THEN 'Released: the study waits again.' ELSE reason END
          WHERE study_instance_uid = study AND state IN ('SCHEDULED', 'IN PROGRESS');
        END IF;
        IF is_let_go OR (OLD.reading = 'read' AND NEW.reading <> 'read') THEN
          PERFORM schedule_workitem(study);
        END IF;
        IF NEW.reading = 'claimed' THEN
          UPDATE workitem SET state = 'IN PROGRESS', performer = NEW.reader, changed_at = moment,
            started_at = coalesce(NEW.claimed_at, moment)
          WHERE study_instance_uid = study AND state = 'SCHEDULED';
        ELSIF NEW.reading = 'read' THEN
          UPDATE workitem SET state = 'COMPLETED', performer = NEW.reader, changed_at = moment,
            ended_at = moment, started_at = coalesce(started_at, moment)
          WHERE study_instance_uid = study AND state IN ('SCHEDULED', 'IN PROGRESS');
        END IF;
        RETURN NULL;
      END $$`,
      `INSERT INTO workitem (workitem_uid, study_instance_uid, attempt, state, performer, scheduled_at,
        started_at, ended_at)
      SELECT workitem_uid(study_instance_uid, 1), study_instance_uid, 1,
        CASE reading WHEN 'waiting' THEN 'SCHEDULED' WHEN 'claimed' THEN 'IN PROGRESS' ELSE 'COMPLETED' END,
        reader, arrived_at, coalesce(claimed_at, read_at), read_at
      FROM study`,
      `CREATE TRIGGER study_arrived AFTER INSERT ON study
        FOR EACH ROW EXECUTE FUNCTION workitems_follow_reading()`,
      `CREATE TRIGGER study_reading_changed AFTER UPDATE OF reading, reader ON study
        FOR EACH ROW EXECUTE FUNCTION workitems_follow_reading()`,
      `CREATE TABLE subscription (
        subscriber text NOT NULL,
        target text NOT NULL,
        filter text NOT NULL DEFAULT '',
        deletion_lock boolean NOT NULL DEFAULT false,
        suspended_at timestamptz,
        subscribed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (subscriber, target)
      )`,
    ],
  },
  {
    version: 7,
    name: "studies by arrival, for the dashboard",
    statements: [`CREATE INDEX study_arrived ON study (arrived_at, study_instance_uid)`],
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
