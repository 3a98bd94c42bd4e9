/**
 * @file Where each study stood, since when and why: a row whenever its tier changed. Several processes rank the
 * same studies; what one has written the others leave.
 */
import { sql, type Kysely } from "kysely";

import type { RankDecision } from "../domain/api.ts";
import type { Tier } from "../domain/worklist.ts";
import type { Database } from "./schema.ts";

/** A decision that is to be written. */
export interface NewDecision extends Omit<RankDecision, "at"> {
  readonly studyInstanceUid: string;
  readonly at: Date;
}

/** Serialises those who write; any number that is ours serves. */
const DECISION_LOCK = 7_261_845;

/**
 * Write decisions, but those that leave a study's tier as it was written last.
 *
 * @param decisions at most one a study
 */
export async function recordDecisions(
  db: Kysely<Database>,
  decisions: readonly NewDecision[],
): Promise<void> {
  const rows = decisions.map(({ at, studyInstanceUid: uid, policyVersion: policy, ...decision }) => {
    return { at: at.toISOString(), uid, policy, ...decision };
  });
  await db.transaction().execute(async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${sql.lit(DECISION_LOCK)})`.execute(trx);
    await sql`
      INSERT INTO decision (at, study_instance_uid, policy_version, tier, reason, rank, unread)
      SELECT new.at, uid, policy, new.tier, reason, rank, unread
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS new(at timestamptz, uid text, policy text, tier text, reason text, rank integer, unread integer)
      LEFT JOIN LATERAL (
        SELECT tier FROM decision WHERE study_instance_uid = new.uid ORDER BY id DESC LIMIT 1
      ) AS last ON true
      WHERE new.tier IS DISTINCT FROM last.tier`.execute(trx);
  });
}

/** The tiers that were written last of the studies that may be on the list; null: it had left the unread. */
export async function lastTiers(db: Kysely<Database>, readSince: Date): Promise<Map<string, Tier | null>> {
  const { rows } = await sql<{ uid: string; tier: Tier | null }>`
    SELECT study_instance_uid AS uid, last.tier
    FROM study CROSS JOIN LATERAL (
      SELECT tier FROM decision WHERE decision.study_instance_uid = study.study_instance_uid ORDER BY id DESC LIMIT 1
    ) AS last
    WHERE reading <> 'read' OR read_at >= ${readSince}`.execute(db);
  return new Map(rows.map(({ uid, tier }) => [uid, tier]));
}

/** A study's decisions, the oldest first. */
export async function listDecisions(db: Kysely<Database>, studyInstanceUid: string): Promise<RankDecision[]> {
  const rows = await db
    .selectFrom("decision")
    .select(["at", "policy_version", "tier", "reason", "rank", "unread"])
    .where("study_instance_uid", "=", studyInstanceUid)
    .orderBy("id")
    .execute();
  return rows.map(({ at, policy_version: policyVersion, ...decision }) => {
    return { at: at.toISOString(), policyVersion, ...decision };
  });
}
