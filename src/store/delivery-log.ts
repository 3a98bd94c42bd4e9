/**
 * @file The delivery log, read: what was sent, what waits, what is dead; dead letters sent again; old ones removed.
 */
import { sql, type Kysely } from "kysely";

import type { DeliveryEntry } from "../domain/notices.ts";
import { addAudit } from "./audit.ts";
import { notifyDelivery } from "./notifications.ts";
import type { Database } from "./schema.ts";

/** The latest deliveries, and with them every one that is dead or waits, up to the same number each. */
export async function listDeliveries(
  db: Kysely<Database>,
  most: number,
  referenceOf: (studyInstanceUid: string) => string,
): Promise<DeliveryEntry[]> {
  const latest = db.selectFrom("delivery").select("id").orderBy("id", "desc").limit(most);
  const open = db
    .selectFrom("delivery")
    .select("id")
    .where("state", "<>", "sent")
    .orderBy("id", "desc")
    .limit(most);
  const rows = await db
    .selectFrom("delivery")
    .selectAll()
    .where((on) => on.or([on("id", "in", latest), on("id", "in", open)]))
    .orderBy("id", "desc")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    event: row.event,
    reference: row.study_instance_uid === null ? "" : referenceOf(row.study_instance_uid),
    studyInstanceUid: row.study_instance_uid,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    attempts: row.attempts,
    lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
    dueAt: row.state === "queued" ? row.due_at.toISOString() : null,
    lastError: row.last_error,
  }));
}

/** How a channel's queue stands. */
export interface QueueState {
  readonly queued: number;
  readonly dead: number;
  readonly lastSentAt: Date | null;
  /** Of the oldest message that was tried without success since the last one that was delivered. */
  readonly failingSince: Date | null;
  readonly lastError: string;
}

export async function queueStates(
  db: Kysely<Database>,
  channels: readonly string[],
): Promise<ReadonlyMap<string, QueueState>> {
  const { rows } = await sql<{
    channel: string;
    queued: number;
    dead: number;
    last_sent_at: Date | null;
    failing_since: Date | null;
    last_error: string | null;
  }>`SELECT name AS channel, queued, dead, last_sent_at, failing_since, last_error
    FROM unnest(${[...channels]}::text[]) AS name
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE state = 'queued') AS queued,
        count(*) FILTER (WHERE state = 'dead' AND event <> 'test') AS dead
      FROM delivery WHERE channel = name AND state <> 'sent') AS open
    CROSS JOIN LATERAL (
      SELECT max(sent_at) AS last_sent_at FROM delivery WHERE channel = name AND state = 'sent') AS sent
    CROSS JOIN LATERAL (
      SELECT min(created_at) AS failing_since, (array_agg(last_error ORDER BY last_attempt_at DESC))[1] AS last_error
      FROM delivery
      WHERE channel = name AND state <> 'sent' AND last_error <> ''
        AND last_attempt_at > coalesce(last_sent_at, '-infinity')
    ) AS failing`.execute(db);
  return new Map(
    rows.map((row) => [
      row.channel,
      {
        queued: row.queued,
        dead: row.dead,
        lastSentAt: row.last_sent_at,
        failingSince: row.failing_since,
        lastError: row.last_error ?? "",
      },
    ]),
  );
}

/**
 * Send dead letters again: one, or all of a channel. One that a later message about the same study has overtaken
 * stays dead, for it would say again what is no longer so; so does a test.
 * @returns how many are sent again, and how many were overtaken; null when there is no such dead letter
 */
export async function retryDead(
  db: Kysely<Database>,
  which: { readonly id: number } | { readonly channel: string },
  who: string,
): Promise<{ readonly retried: number; readonly overtaken: number } | null> {
  return db.transaction().execute(async (trx) => {
    const dead = trx
      .selectFrom("delivery as mine")
      .select(["mine.id", "mine.channel", "mine.study_instance_uid"])
      .select((on) =>
        on
          .exists(
            on
              .selectFrom("delivery as later")
              .select("later.id")
              .whereRef("later.channel", "=", "mine.channel")
              .whereRef("later.study_instance_uid", "=", "mine.study_instance_uid")
              .where("later.state", "=", "sent")
              .whereRef("later.id", ">", "mine.id"),
          )
          .as("is_overtaken"),
      )
      .where("mine.state", "=", "dead")
      .where("mine.event", "<>", "test");
    const rows = await (
      "id" in which ? dead.where("mine.id", "=", which.id) : dead.where("mine.channel", "=", which.channel)
    )
      .forUpdate()
      .execute();
    if ("id" in which && rows.length === 0) return null;
    const again = rows.filter((row) => row.is_overtaken !== true);
    const ids = again.map(({ id }) => id);
    if (ids.length > 0) {
      await trx
        .updateTable("delivery")
        .set({ state: "queued", due_at: sql<Date>`clock_timestamp()`, attempts: 0 })
        .where(sql<boolean>`id = ANY(${ids}::bigint[])`)
        .execute();
      for (const { channel, study_instance_uid: studyInstanceUid } of again) {
        await addAudit(trx, { who, what: "asked for a notice again", studyInstanceUid, detail: channel });
      }
      await notifyDelivery(trx);
    }
    return { retried: ids.length, overtaken: rows.length - ids.length };
  });
}

/**
 * Remove what was sent, or has been dead, for longer than so many days. What waits stays, unless it waits as long for
 * a channel that is none any more.
 */
export async function purgeDeliveries(
  db: Kysely<Database>,
  keepDays: number,
  channels: readonly string[],
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("delivery")
    .where("created_at", "<", sql<Date>`now() - make_interval(days => ${keepDays})`)
    .where(sql<boolean>`(state <> 'queued' OR channel <> ALL(${[...channels]}::text[]))`)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
