/**
 * @file What readers do with a study, written: one transaction each, with its audit entry.
 */
import { sql, type Kysely, type Selectable, type Updateable } from "kysely";

import type { ReadingState } from "../domain/worklist.ts";
import { addAudit, OURSELVES } from "./audit.ts";
import { notifyStudy } from "./notifications.ts";
import type { Database, StudyTable } from "./schema.ts";

/** A change that was decided on the locked row. */
export interface StudyChange {
  readonly set: Updateable<StudyTable>;
  readonly audit: { readonly who: string; readonly what: string; readonly detail?: string };
}

/**
 * Lock a study's row, let `decide` look at it, and write what it decides (null: leave it as it is).
 * Two readers who ask at the same time are asked one after the other. `decide` is told the database's time.
 *
 * @returns false when the study is unknown.
 * @throws whatever `decide` throws; then nothing is written.
 */
export async function changeStudy(
  db: Kysely<Database>,
  studyInstanceUid: string,
  decide: (row: Selectable<StudyTable>, now: Date) => StudyChange | null,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const found = await trx
      .selectFrom("study")
      .selectAll()
      .select(sql<Date>`clock_timestamp()`.as("now"))
      .where("study_instance_uid", "=", studyInstanceUid)
      .forUpdate()
      .executeTakeFirst();
    if (!found) return false;
    const { now, ...row } = found;
    const change = decide(row, now);
    if (change === null) return true;
    await trx
      .updateTable("study")
      .set(change.set)
      .where("study_instance_uid", "=", studyInstanceUid)
      .execute();
    await addAudit(trx, { ...change.audit, studyInstanceUid });
    await notifyStudy(trx, studyInstanceUid);
    return true;
  });
}

/** A study that its reader is still at. @returns false when the reader does not hold it. */
export async function renewClaim(
  db: Kysely<Database>,
  studyInstanceUid: string,
  reader: string,
  state: ReadingState,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("study")
    .set({ claim_renewed_at: sql<Date>`clock_timestamp()` })
    .where("study_instance_uid", "=", studyInstanceUid)
    .where("reading", "=", state)
    .where("reader", "=", reader)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * End the claims whose reader was not at the study for so long, each with its audit entry.
 * @returns the studies that are free again
 */
export async function expireClaims(
  db: Kysely<Database>,
  afterMinutes: number,
  { from, to }: { readonly from: ReadingState; readonly to: ReadingState },
): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    // A row that somebody is just changing is left: it is looked at again soon.
    const ended = await trx
      .selectFrom("study")
      .select(["study_instance_uid", "reader"])
      .where("reading", "=", from)
      .where(
        sql<boolean>`greatest(claimed_at, claim_renewed_at) <= clock_timestamp() - make_interval(secs => ${60 * afterMinutes})`,
      )
      .forUpdate()
      .skipLocked()
      .execute();
    for (const { study_instance_uid: studyInstanceUid, reader } of ended) {
      await trx
        .updateTable("study")
        .set({ reading: to, reader: null, claimed_at: null, claim_renewed_at: null })
        .where("study_instance_uid", "=", studyInstanceUid)
        .execute();
      const detail = `${reader ?? "The reader"} had it, and was not at it for ${afterMinutes} min.`;
      await addAudit(trx, { who: OURSELVES, what: "claim expired", studyInstanceUid, detail });
      await notifyStudy(trx, studyInstanceUid);
    }
    return ended.map((row) => row.study_instance_uid);
  });
}
