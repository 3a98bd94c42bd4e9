/**
 * @file The audit trail: who did what with which study. Only ever added to.
 */
import type { Kysely } from "kysely";

import type { Database } from "./schema.ts";

/** What FirstRead itself did is written under this name. */
export const OURSELVES = "FirstRead";

export interface AuditRecord {
  /** A reader's name, an AE title, or `OURSELVES`. */
  readonly who: string;
  readonly what: string;
  readonly studyInstanceUid: string | null;
  readonly detail?: string;
}

/** Add one entry; inside a transaction, it stands or falls with it. */
export async function addAudit(db: Kysely<Database>, record: AuditRecord): Promise<void> {
  const { who, what, studyInstanceUid, detail = "" } = record;
  await db.insertInto("audit").values({ who, what, study_instance_uid: studyInstanceUid, detail }).execute();
}
