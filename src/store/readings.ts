/**
 * @file What readers do with a study, written: one transaction each, with its audit entry.
 */
import type { Kysely, Selectable, Updateable } from "kysely";

import { addAudit } from "./audit.ts";
import { notifyStudy } from "./notifications.ts";
import type { Database, StudyTable } from "./schema.ts";

/** A change that was decided on the locked row. */
export interface StudyChange {
  readonly set: Updateable<StudyTable>;
  readonly audit: { readonly who: string; readonly what: string; readonly detail?: string };
}

/**
 * Lock a study's row, let `decide` look at it, and write what it decides (null: leave it as it is).
 * Two readers who ask at the same time are asked one after the other.
 *
 * @returns false when the study is unknown.
 * @throws whatever `decide` throws; then nothing is written.
 */
export async function changeStudy(
  db: Kysely<Database>,
  studyInstanceUid: string,
  decide: (row: Selectable<StudyTable>) => StudyChange | null,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom("study")
      .selectAll()
      .where("study_instance_uid", "=", studyInstanceUid)
      .forUpdate()
      .executeTakeFirst();
    if (!row) return false;
    const change = decide(row);
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
