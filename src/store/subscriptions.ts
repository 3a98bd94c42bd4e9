/**
 * @file Who is told of what happens to workitems: subscriptions outlive the server and their event channels.
 */
import { sql, type Kysely, type Selectable } from "kysely";

import type { Database, SubscriptionTable } from "./schema.ts";

export type SubscriptionRow = Selectable<SubscriptionTable>;

export interface NewSubscription {
  readonly subscriber: string;
  readonly target: string;
  readonly filter: string;
  readonly deletionLock: boolean;
}

/** Subscribe, in the place of an earlier subscription to the same. */
export async function putSubscription(db: Kysely<Database>, subscription: NewSubscription): Promise<void> {
  const { subscriber, target, filter, deletionLock } = subscription;
  const values = { filter, deletion_lock: deletionLock, suspended_at: null };
  await db
    .insertInto("subscription")
    .values({ subscriber, target, ...values })
    .onConflict((on) => on.columns(["subscriber", "target"]).doUpdateSet(values))
    .execute();
}

/** Workitems that are scheduled from now on are not told of. @returns false when there is no such subscription */
export async function suspendSubscription(
  db: Kysely<Database>,
  subscriber: string,
  target: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("subscription")
    .set({ suspended_at: sql<Date>`now()` })
    .where("subscriber", "=", subscriber)
    .where("target", "=", target)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** @returns false when there was no such subscription */
export async function removeSubscription(
  db: Kysely<Database>,
  subscriber: string,
  target: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("subscription")
    .where("subscriber", "=", subscriber)
    .where("target", "=", target)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function listSubscriptions(
  db: Kysely<Database>,
  subscribers: readonly string[],
): Promise<SubscriptionRow[]> {
  return db.selectFrom("subscription").selectAll().where("subscriber", "in", subscribers).execute();
}
