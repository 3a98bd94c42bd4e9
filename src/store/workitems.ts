/**
 * @file Workitems: what is to be read, as Unified Procedure Steps (PS3.4 Annex CC).
 *
 * A study has one open workitem while it is unread, and those that ended before. They follow the study's reading by a
 * trigger of the database (migration 6), whoever changes it: the page, a claim that ends, a DICOM client.
 */
import { sql, type Kysely, type Selectable, type Updateable } from "kysely";

import type { DicomObject } from "../domain/dicom-json.ts";
import { addAudit } from "./audit.ts";
import { notifyStudy } from "./notifications.ts";
import type { Database, StudyTable, WorkitemTable } from "./schema.ts";

export type WorkitemRow = Selectable<WorkitemTable>;

/** What a DICOM client did, decided on the locked rows. */
export interface WorkitemChange {
  readonly study?: Updateable<StudyTable> | null;
  readonly workitem?: Updateable<WorkitemTable>;
  /** Cancel a workitem that nobody has begun: the study, still unread, is scheduled anew. */
  readonly cancelScheduled?: boolean;
  readonly audit: { readonly who: string; readonly what: string; readonly detail: string };
}

export async function findWorkitem(db: Kysely<Database>, workitemUid: string): Promise<WorkitemRow | null> {
  const row = await db
    .selectFrom("workitem")
    .selectAll()
    .where("workitem_uid", "=", workitemUid)
    .executeTakeFirst();
  return row ?? null;
}

/** The open workitems of some studies. */
export async function listOpenWorkitems(
  db: Kysely<Database>,
  studyInstanceUids: readonly string[],
): Promise<WorkitemRow[]> {
  return db
    .selectFrom("workitem")
    .selectAll()
    .where("study_instance_uid", "in", studyInstanceUids)
    .where("state", "in", ["SCHEDULED", "IN PROGRESS"])
    .execute();
}

/** All workitems of a study, in order. */
export async function listWorkitemsOf(
  db: Kysely<Database>,
  studyInstanceUid: string,
): Promise<WorkitemRow[]> {
  return db
    .selectFrom("workitem")
    .selectAll()
    .where("study_instance_uid", "=", studyInstanceUid)
    .orderBy("attempt")
    .execute();
}

/** Ended workitems, latest first, a page at a time. @param after the last of the page before */
export async function listEndedWorkitems(
  db: Kysely<Database>,
  after: WorkitemRow | null,
  limit: number,
): Promise<WorkitemRow[]> {
  return db
    .selectFrom("workitem")
    .selectAll()
    .where("state", "in", ["COMPLETED", "CANCELED"])
    .$if(after !== null, (query) =>
      query.where(
        sql<boolean>`(ended_at, workitem_uid) < (${after?.ended_at}::timestamptz, ${after?.workitem_uid})`,
      ),
    )
    .orderBy("ended_at", "desc")
    .orderBy("workitem_uid", "desc")
    .limit(limit)
    .execute();
}

/**
 * Lock a workitem and its study, let `decide` look at both, and write what it decides (null: leave them as they are).
 *
 * @returns the workitem as it was found, or null when it is unknown
 * @throws whatever `decide` throws; then nothing is written
 */
export async function changeWorkitem(
  db: Kysely<Database>,
  workitemUid: string,
  decide: (workitem: WorkitemRow, study: Selectable<StudyTable>) => WorkitemChange | null,
): Promise<WorkitemRow | null> {
  return db.transaction().execute(async (trx) => {
    const known = await findWorkitem(trx, workitemUid);
    if (!known) return null;
    // The study first, as everyone else locks: its trigger then locks the workitem.
    const uid = known.study_instance_uid;
    const study = await trx
      .selectFrom("study")
      .selectAll()
      .where("study_instance_uid", "=", uid)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const workitem = (await findWorkitem(trx, workitemUid)) ?? known;
    const change = decide(workitem, study);
    if (change === null) return workitem;
    if (change.study) {
      await trx.updateTable("study").set(change.study).where("study_instance_uid", "=", uid).execute();
    }
    if (change.workitem) {
      await trx
        .updateTable("workitem")
        .set({ changed_at: new Date(), ...change.workitem })
        .where("workitem_uid", "=", workitemUid)
        .execute();
    }
    if (change.cancelScheduled === true) await sql`SELECT schedule_workitem(${uid})`.execute(trx);
    await addAudit(trx, { ...change.audit, studyInstanceUid: uid });
    await notifyStudy(trx, uid);
    return workitem;
  });
}

/** What a client may have changed of a workitem, as it is kept. */
export const storedChanges = (changes: DicomObject): string =>
  JSON.stringify(changes).replaceAll("\\u0000", "");
