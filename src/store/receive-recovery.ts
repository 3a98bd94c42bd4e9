/**
 * @file After a crash: what was on its way and never acknowledged is cleared, what was promised is checked.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Kysely } from "kysely";

import { addAudit, OURSELVES } from "./audit.ts";
import type { ObjectStore, StoredObject } from "./objects.ts";
import { digestDataSet } from "./receive-header.ts";
import type { Database } from "./schema.ts";

export interface RecoveryOptions {
  readonly db: Kysely<Database>;
  readonly objects: ObjectStore;
  /** Made when it does not exist. */
  readonly incomingDir: string;
}

export interface RecoveryReport {
  /** Incoming files that were never acknowledged, removed. */
  readonly leftovers: number;
  /** Objects without a row, never acknowledged, removed. */
  readonly orphans: number;
  /**
   * SOP Instance UIDs of recent rows whose bytes are not there or not whole: never acknowledged, or damaged
   * since. Their rows are taken back, so that they can be sent again, and the audit says so.
   */
  readonly damaged: readonly string[];
}

/** How long before the last receipt things may have been under way when everything stopped. */
const UNDER_WAY_MS = 15 * 60_000;
/** A row may have been committed so long before its bytes were synced: these are read whole. */
const UNSYNCED_MS = 5_000;
/** No more than so many are read at start. */
const MOST_READ = 500;
const BATCH = 1000;

/**
 * Puts the receiving side in order at start, before anything is received. It looks only at what may have
 * been under way when the server stopped, so its time hardly grows with the archive (one `stat` a study).
 */
export async function recoverReceiving({
  db,
  objects,
  incomingDir,
}: RecoveryOptions): Promise<RecoveryReport> {
  await mkdir(incomingDir, { recursive: true, mode: 0o700 });
  const leftovers = (await readdir(incomingDir)).filter((name) => name.endsWith(".incoming"));
  for (const name of leftovers) await rm(join(incomingDir, name), { force: true });

  const { last } = await db
    .selectFrom("study")
    .select((eb) => eb.fn.max("last_instance_at").as("last"))
    .executeTakeFirstOrThrow();
  const since = new Date((last?.getTime() ?? 0) - UNDER_WAY_MS);
  const orphans = await removeOrphans(db, objects, since);
  const damaged = await takeBackDamaged(db, objects, since);
  return { leftovers: leftovers.length, orphans, damaged };
}

async function removeOrphans(db: Kysely<Database>, objects: ObjectStore, since: Date): Promise<number> {
  let removed = 0;
  const judge = async (batch: readonly StoredObject[]): Promise<void> => {
    const keys = batch.map(({ key }) => key);
    if (keys.length === 0) return;
    const rows = await db
      .selectFrom("instance")
      .select("object_key")
      .where("object_key", "in", keys)
      .execute();
    const known = new Set(rows.map((row) => row.object_key));
    for (const key of keys.filter((candidate) => !known.has(candidate))) {
      await objects.remove(key);
      removed += 1;
    }
  };
  let batch: StoredObject[] = [];
  for await (const object of objects.list(since)) {
    batch.push(object);
    if (batch.length === BATCH) {
      await judge(batch);
      batch = [];
    }
  }
  await judge(batch);
  return removed;
}

async function takeBackDamaged(db: Kysely<Database>, objects: ObjectStore, since: Date): Promise<string[]> {
  const rows = await db
    .selectFrom("instance")
    .innerJoin("study", "study.study_instance_uid", "instance.study_instance_uid")
    .select(["sop_instance_uid", "object_key", "byte_length", "digest", "received_at"])
    .where("study.last_instance_at", ">=", since)
    .where("received_at", ">=", since)
    .orderBy("received_at", "desc")
    .execute();
  const readFrom = (rows[0]?.received_at.getTime() ?? 0) - UNSYNCED_MS;
  const damaged: string[] = [];
  for (const [index, row] of rows.entries()) {
    const read = index < MOST_READ && row.received_at.getTime() >= readFrom;
    if (await isWhole(objects, row, read)) continue;
    await takeBack(db, row.sop_instance_uid, row.object_key);
    await objects.remove(row.object_key);
    damaged.push(row.sop_instance_uid);
  }
  return damaged;
}

async function isWhole(
  objects: ObjectStore,
  row: { readonly object_key: string; readonly byte_length: number; readonly digest: string },
  read: boolean,
): Promise<boolean> {
  if ((await objects.size(row.object_key)) !== row.byte_length) return false;
  if (!read) return true;
  const found = await digestDataSet(objects.stream(row.object_key)).catch(() => null);
  return found?.digest === row.digest;
}

async function takeBack(db: Kysely<Database>, sopInstanceUid: string, objectKey: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom("instance")
      .where("sop_instance_uid", "=", sopInstanceUid)
      .where("object_key", "=", objectKey)
      .returning("study_instance_uid")
      .executeTakeFirst();
    if (gone === undefined) return;
    await trx
      .updateTable("study")
      .set((eb) => ({
        instance_count: eb("instance_count", "-", 1),
        revision: eb("revision", "+", 1),
        analysis: "arriving",
      }))
      .where("study_instance_uid", "=", gone.study_instance_uid)
      .execute();
    await addAudit(trx, {
      who: OURSELVES,
      what: "instance taken back",
      studyInstanceUid: gone.study_instance_uid,
      detail: `${sopInstanceUid}: its bytes were not whole on disk after a restart; it can be sent again.`,
    });
  });
}
