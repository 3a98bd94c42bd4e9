/**
 * @file Word between processes, by PostgreSQL's NOTIFY: a study changed, is being scored, another model
 * scores, there is something to send.
 *
 * A notification says only where to look. One that is lost loses no data: every listener also looks by
 * itself from time to time, and is told to when its connection was broken.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { sql, type Kysely } from "kysely";
import pg from "pg";

import type { Database } from "./schema.ts";

const STUDY_CHANNEL = "firstread_study";
const PROGRESS_CHANNEL = "firstread_progress";
const MODEL_CHANNEL = "firstread_model";
const DELIVERY_CHANNEL = "firstread_delivery";
const RECONNECT_MS = 500;

export interface ScoringProgress {
  readonly studyInstanceUid: string;
  readonly done: number;
  readonly total: number;
}

/** Say that something about a study changed; inside a transaction, it is said when that is committed. */
export async function notifyStudy(db: Kysely<Database>, studyInstanceUid: string): Promise<void> {
  await sql`SELECT pg_notify(${STUDY_CHANNEL}, ${studyInstanceUid})`.execute(db);
}

/** Say that another model was chosen, and that these studies changed with it. */
export async function notifyModel(db: Kysely<Database>, studyInstanceUids: readonly string[]): Promise<void> {
  await sql`SELECT pg_notify(${MODEL_CHANNEL}, '')`.execute(db);
  await sql`SELECT pg_notify(${STUDY_CHANNEL}, uid) FROM unnest(${[...studyInstanceUids]}::text[]) AS uid`.execute(
    db,
  );
}

export async function notifyProgress(db: Kysely<Database>, progress: ScoringProgress): Promise<void> {
  await sql`SELECT pg_notify(${PROGRESS_CHANNEL}, ${JSON.stringify(progress)})`.execute(db);
}

/** Say that there is something to send; inside a transaction, it is said when that is committed. */
export async function notifyDelivery(db: Kysely<Database>): Promise<void> {
  await sql`SELECT pg_notify(${DELIVERY_CHANNEL}, '')`.execute(db);
}

export interface NotificationHandlers {
  onStudy(studyInstanceUid: string): void;
  onProgress(progress: ScoringProgress): void;
  onModel(): void;
  onDelivery(): void;
  /** The connection was broken and is back: anything may have changed. */
  onGap(): void;
}

export interface Subscription {
  close(): Promise<void>;
}

/** Listen until closed; a broken connection is opened again. */
export async function listen(
  connection: pg.ClientConfig,
  handlers: NotificationHandlers,
): Promise<Subscription> {
  let closed = false;
  let client = await connect();

  async function connect(): Promise<pg.Client> {
    const opened = new pg.Client({ ...connection, keepAlive: true });
    opened.on("notification", ({ channel, payload = "" }) => {
      if (channel === STUDY_CHANNEL) handlers.onStudy(payload);
      else if (channel === MODEL_CHANNEL) handlers.onModel();
      else if (channel === DELIVERY_CHANNEL) handlers.onDelivery();
      else if (channel === PROGRESS_CHANNEL) handlers.onProgress(JSON.parse(payload) as ScoringProgress);
    });
    opened.on("error", () => undefined);
    await opened.connect();
    const channels = [STUDY_CHANNEL, PROGRESS_CHANNEL, MODEL_CHANNEL, DELIVERY_CHANNEL];
    await opened.query(channels.map((channel) => `LISTEN ${channel}`).join("; "));
    opened.once("end", () => {
      if (!closed) void reconnect();
    });
    return opened;
  }

  async function reconnect(): Promise<void> {
    while (!closed) {
      await sleep(RECONNECT_MS);
      try {
        const opened = await connect();
        if (closed) return await opened.end();
        client = opened;
        handlers.onGap();
        return;
      } catch {
        // Still away: try again.
      }
    }
  }

  return {
    close: async () => {
      closed = true;
      await client.end().catch(() => undefined);
    },
  };
}
