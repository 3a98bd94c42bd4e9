/**
 * @file Which policy ranked when. Several processes on one database see the same file change: it is written once.
 */
import { sql, type Kysely } from "kysely";

import type { Policy } from "../domain/policy.ts";
import { addAudit, OURSELVES } from "./audit.ts";
import type { Database } from "./schema.ts";

/** A policy with its version, and since when it ranks. */
export interface PolicyUse {
  readonly version: string;
  readonly policy: Policy;
  readonly at: Date;
}

/** Serialises those who write; any number that is ours serves. */
const POLICY_LOCK = 7_261_844;

/** The policy that ranked last, or null before there was one. */
export async function lastPolicyUse(db: Kysely<Database>): Promise<PolicyUse | null> {
  const row = await db
    .selectFrom("policy_use")
    .select(["version", "policy", "at"])
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Write that a policy ranks from now on, with its audit entry; nothing when it does already. */
export async function recordPolicyUse(
  db: Kysely<Database>,
  { version, policy }: Pick<PolicyUse, "version" | "policy">,
): Promise<PolicyUse> {
  return db.transaction().execute(async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${sql.lit(POLICY_LOCK)})`.execute(trx);
    const last = await lastPolicyUse(trx);
    if (last?.version === version) return last;
    const { at } = await trx
      .insertInto("policy_use")
      .values({ version, policy: JSON.stringify(policy) })
      .returning("at")
      .executeTakeFirstOrThrow();
    const detail = last ? `${last.version} → ${version}` : version;
    await addAudit(trx, { who: OURSELVES, what: "policy changed", studyInstanceUid: null, detail });
    return { version, policy, at };
  });
}
