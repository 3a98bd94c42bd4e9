/**
 * @file The database's clock, read from here. Arrivals are stamped by it, so waiting is counted by it, too: with
 * the database on another machine, this one's clock may be another.
 */
import { sql, type Kysely } from "kysely";

import type { Database } from "../store/schema.ts";

/** Less than this is the way to the database and back, not a clock. */
const TOLERANCE_MS = 50;

export class DatabaseClock {
  readonly #db: Kysely<Database>;
  #aheadMs = 0;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** How far the database's clock is ahead of this machine's. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** In milliseconds since 1970. */
  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Compare the clocks. */
  async measure(): Promise<void> {
    const askedMs = Date.now();
    const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(this.#db);
    const [row] = rows;
    if (!row) return;
    const aheadMs = row.now.getTime() - (askedMs + Date.now()) / 2;
    this.#aheadMs = Math.abs(aheadMs) < TOLERANCE_MS ? 0 : Math.round(aheadMs);
  }
}
