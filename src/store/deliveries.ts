/**
 * @file The outbox: messages to the outside, written in the transaction of what they tell of, sent later by whoever
 * is there.
 *
 * A row is claimed with `FOR UPDATE SKIP LOCKED` and a lease (its `due_at` in the future), so that nothing stays
 * locked while a peer is spoken to: a sender that dies loses the lease, and the row is sent again with the same
 * message id. Each channel has its own queue; in it, messages about one study go in order, and one that must wait
 * lets those about other studies pass.
 */
import { sql, type Kysely, type Selectable } from "kysely";

import type { NoticeEvent, NoticeFacts, StudyEvent } from "../domain/notices.ts";
import { notifyDelivery } from "./notifications.ts";
import type { Database, DeliveryTable } from "./schema.ts";

/** A channel, and what it is told of. */
export interface Subscriber {
  readonly channel: string;
  readonly events: readonly StudyEvent[];
}

/** An event of a study. */
export interface StudyNews {
  readonly event: StudyEvent;
  readonly studyInstanceUid: string;
  readonly facts: NoticeFacts;
}

/**
 * Write one row for each channel that is told of the event; inside a transaction, they stand or fall with it. The
 * most pressing tier is told once a study.
 * @returns how many were written
 */
export async function enqueue(
  db: Kysely<Database>,
  subscribers: readonly Subscriber[],
  { event, studyInstanceUid, facts }: StudyNews,
): Promise<number> {
  const channels = subscribers.filter(({ events }) => events.includes(event)).map(({ channel }) => channel);
  if (channels.length === 0) return 0;
  const rows = channels.map((channel) => ({
    ...{ channel, event, study_instance_uid: studyInstanceUid, facts: JSON.stringify(facts) },
  }));
  const insert = db.insertInto("delivery").values(rows);
  const { numInsertedOrUpdatedRows = 0n } = await (
    event === "top-tier" ? insert.onConflict((on) => on.doNothing()) : insert
  ).executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows > 0n) await notifyDelivery(db);
  return Number(numInsertedOrUpdatedRows);
}

/** Write a test's row: nobody else sends it, whoever asked for it does. @returns it, claimed */
export async function enqueueTest(
  db: Kysely<Database>,
  channel: string,
  reason: string,
  leaseSeconds: number,
) {
  const facts: NoticeFacts = { finding: null, tier: null, reason };
  const row = await db
    .insertInto("delivery")
    .values({
      ...{ channel, event: "test", facts: JSON.stringify(facts), study_instance_uid: null, attempts: 1 },
      due_at: inSeconds(leaseSeconds),
      last_attempt_at: sql<Date>`now()`,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toClaimed(row);
}

/** A message that is this process's to send until its lease ends. */
export interface ClaimedDelivery {
  readonly id: number;
  readonly messageId: string;
  readonly channel: string;
  readonly event: NoticeEvent;
  readonly studyInstanceUid: string | null;
  readonly facts: NoticeFacts;
  readonly createdAt: Date;
  /** This one included. */
  readonly attempts: number;
}

/**
 * Claim the message whose turn it is in a channel's queue.
 * @returns it, or for how many milliseconds there will be none (null: until one is written)
 */
export async function claimDelivery(
  db: Kysely<Database>,
  channel: string,
  leaseSeconds: number,
): Promise<ClaimedDelivery | { readonly nextDueMs: number | null }> {
  const row = await db
    .updateTable("delivery")
    .set({
      due_at: inSeconds(leaseSeconds),
      attempts: sql<number>`attempts + 1`,
      last_attempt_at: sql<Date>`clock_timestamp()`,
    })
    .where("id", "=", (on) =>
      on
        .selectFrom("delivery as mine")
        .select("mine.id")
        .where("mine.channel", "=", channel)
        .where("mine.state", "=", "queued")
        .where("mine.due_at", "<=", sql<Date>`clock_timestamp()`)
        .where((on) =>
          on.not(
            on.exists(
              on
                .selectFrom("delivery as earlier")
                .select("earlier.id")
                .whereRef("earlier.channel", "=", "mine.channel")
                .whereRef("earlier.study_instance_uid", "=", "mine.study_instance_uid")
                .where("earlier.state", "=", "queued")
                .whereRef("earlier.id", "<", "mine.id"),
            ),
          ),
        )
        .orderBy("mine.due_at")
        .orderBy("mine.id")
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
  if (row) return toClaimed(row);
  const next = await db
    .selectFrom("delivery")
    .select(sql<number | null>`extract(epoch FROM min(due_at) - clock_timestamp())::float8 * 1000`.as("ms"))
    .where("channel", "=", channel)
    .where("state", "=", "queued")
    .where("due_at", ">", sql<Date>`clock_timestamp()`)
    .executeTakeFirst();
  return { nextDueMs: next?.ms ?? null };
}

/** `seconds` from now, of the database's clock, as that alone is everyone's. */
const inSeconds = (seconds: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${seconds})`;

const toClaimed = (row: Selectable<DeliveryTable>): ClaimedDelivery => ({
  id: row.id,
  messageId: row.message_id,
  channel: row.channel,
  event: row.event,
  studyInstanceUid: row.study_instance_uid,
  facts: row.facts,
  createdAt: row.created_at,
  attempts: row.attempts,
});

/** What became of an attempt: delivered, to be tried again in so many seconds, or never again by itself. */
export type Attempt =
  | { readonly outcome: "sent" }
  | { readonly outcome: "again"; readonly afterSeconds: number; readonly error: string }
  | { readonly outcome: "dead"; readonly error: string };

/** The longest error that is kept. */
const MOST_ERROR_CHARACTERS = 300;

/**
 * Write what became of an attempt. If its lease ended meanwhile and another process took the row, the other's word
 * holds, unless this attempt delivered it.
 */
export async function settleDelivery(
  db: Kysely<Database>,
  { id, attempts }: ClaimedDelivery,
  attempt: Attempt,
): Promise<void> {
  const update = db.updateTable("delivery").where("id", "=", id).where("state", "=", "queued");
  if (attempt.outcome === "sent") {
    await update.set({ state: "sent", sent_at: sql<Date>`clock_timestamp()`, last_error: "" }).execute();
    return;
  }
  const last_error = attempt.error.slice(0, MOST_ERROR_CHARACTERS);
  const set =
    attempt.outcome === "dead"
      ? { state: "dead" as const, last_error }
      : { due_at: inSeconds(attempt.afterSeconds), last_error };
  await update.set(set).where("attempts", "=", attempts).execute();
}

/** Give a claimed message back at once, its attempt not counted: this process stops. */
export async function releaseDelivery(
  db: Kysely<Database>,
  { id, attempts }: ClaimedDelivery,
): Promise<void> {
  await db
    .updateTable("delivery")
    .set({ due_at: sql<Date>`clock_timestamp()`, attempts: attempts - 1 })
    .where("id", "=", id)
    .where("state", "=", "queued")
    .where("attempts", "=", attempts)
    .execute();
}

/**
 * A channel that was down is back: what waits for a later attempt is due now. What is being sent stays its sender's.
 */
export async function hastenQueue(
  db: Kysely<Database>,
  channel: string,
  leaseSeconds: number,
): Promise<void> {
  await db
    .updateTable("delivery")
    .set({ due_at: sql<Date>`clock_timestamp()` })
    .where("channel", "=", channel)
    .where("state", "=", "queued")
    .where("due_at", ">", sql<Date>`clock_timestamp()`)
    .where("last_attempt_at", "<", sql<Date>`clock_timestamp() - make_interval(secs => ${leaseSeconds})`)
    .execute();
}
