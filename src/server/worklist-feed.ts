/**
 * @file What keeps the ranked list current: word of changed studies becomes rows, rows become places, and each
 * change of tier becomes a decision on record.
 *
 * Studies that change while rows are being read are read together, next. Decisions are written behind: a slow
 * database delays the record of a place, never the place.
 */
import type { Kysely } from "kysely";

import type { PolicyInUse } from "../domain/policy.ts";
import type { WorklistItem } from "../domain/worklist.ts";
import { lastTiers, recordDecisions, type NewDecision } from "../store/decisions.ts";
import type { Database } from "../store/schema.ts";
import { findItems, listWorklist } from "../store/studies.ts";
import { attributesOf } from "../triage/policy.ts";
import { DatabaseClock } from "./database-clock.ts";
import { errorText, type Log } from "./log.ts";
import { Ranking, READ_STAYS_MS } from "./ranking.ts";

const ROWS_A_QUERY = 500;
const DECISIONS_A_WRITE = 1000;
/** However little falls due. */
const LONGEST_REST_MS = 60_000;
const COMPARE_CLOCKS_MS = 60_000;
const SHORTEST_REST_MS = 20;
const SKEW_TO_TELL_MS = 2000;
const RETRY_MS = 1000;

export interface WorklistFeedOptions {
  readonly db: Kysely<Database>;
  readonly policy: () => PolicyInUse;
  readonly log: Log;
  /** A study's row as it is now, once it stands in its place. */
  readonly onItem: (item: WorklistItem) => void;
}

export class WorklistFeed {
  readonly clock: DatabaseClock;
  readonly ranking: Ranking;
  readonly #options: WorklistFeedOptions;
  readonly #changed = new Set<string>();
  /** Reading, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #isReadComing = false;
  /** Of the policy that the list is ranked by. */
  #policyVersion = "";
  #decisions: NewDecision[] = [];
  #writing: Promise<void> | null = null;
  #dueTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #clockTimer: ReturnType<typeof setInterval>;
  #state: "new" | "open" | "closed" = "new";

  constructor(options: WorklistFeedOptions) {
    this.#options = options;
    this.clock = new DatabaseClock(options.db);
    this.ranking = new Ranking(options.policy().policy);
    this.#clockTimer = setInterval(() => void this.#compareClocks(), COMPARE_CLOCKS_MS);
    this.#clockTimer.unref();
  }

  /** Read the whole list; what `studyChanged` was told of before is read again. */
  async open(): Promise<void> {
    await this.#compareClocks();
    const readSince = new Date(this.clock.nowMs() - READ_STAYS_MS);
    await this.#load(await lastTiers(this.#options.db, readSince));
    this.#state = "open";
    this.#read();
  }

  /** A study changed: its row is read, placed, and told. */
  studyChanged(studyInstanceUid: string): void {
    this.#changed.add(studyInstanceUid);
    this.#read();
  }

  /** Changes may have been missed, or another policy ranks: everything is read again. */
  async reload(): Promise<void> {
    if (this.#state !== "open") return;
    await this.#next(() => this.#load());
  }

  /** Waits until what was decided is written. */
  async close(): Promise<void> {
    this.#state = "closed";
    clearTimeout(this.#dueTimer);
    clearInterval(this.#clockTimer);
    await this.#turn;
    await this.#writing;
  }

  async #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #load(tiers?: Awaited<ReturnType<typeof lastTiers>>): Promise<void> {
    const { policy, version } = this.#options.policy();
    const readSince = new Date(this.clock.nowMs() - READ_STAYS_MS);
    const items = await listWorklist(this.#options.db, readSince, attributesOf(policy));
    this.ranking.replaceAll(items, policy, this.clock.nowMs(), tiers);
    this.#policyVersion = version;
    this.#settle();
  }

  #read(): void {
    if (this.#isReadComing || this.#state !== "open" || this.#changed.size === 0) return;
    this.#isReadComing = true;
    this.#next(() => this.#readChanged())
      .catch((error: unknown) => {
        this.#options.log("error", "rows could not be read", { reason: errorText(error) });
      })
      .finally(() => {
        this.#isReadComing = false;
        this.#read();
      });
  }

  async #readChanged(): Promise<void> {
    const uids = [...this.#changed].slice(0, ROWS_A_QUERY);
    for (const uid of uids) this.#changed.delete(uid);
    const items = await findItems(this.#options.db, uids, attributesOf(this.#options.policy().policy));
    const nowMs = this.clock.nowMs();
    for (const item of items) {
      this.ranking.put(item, nowMs);
      this.#options.onItem(item);
    }
    this.#settle();
  }

  /** After any change: put the decisions on record, and wake when something falls due. */
  #settle(): void {
    this.#decide();
    clearTimeout(this.#dueTimer);
    if (this.#state === "closed") return;
    const dueInMs = (this.ranking.nextDueMs ?? Infinity) - this.clock.nowMs();
    const restMs = Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, dueInMs));
    this.#dueTimer = setTimeout(() => {
      this.ranking.advance(this.clock.nowMs());
      this.#settle();
    }, restMs);
    this.#dueTimer.unref();
  }

  async #compareClocks(): Promise<void> {
    const { log } = this.#options;
    await this.clock
      .measure()
      .catch((error: unknown) => log("warn", "the clocks were not compared", { reason: errorText(error) }));
    const { aheadMs } = this.clock;
    if (Math.abs(aheadMs) >= SKEW_TO_TELL_MS) {
      log("warn", "the database's clock is not this machine's: waiting is counted by the database's", {
        aheadMs,
      });
    }
  }

  #decide(): void {
    const at = new Date(this.clock.nowMs());
    const policyVersion = this.#policyVersion;
    for (const change of this.ranking.takeChanges()) this.#decisions.push({ ...change, at, policyVersion });
    if (this.#decisions.length === 0) return;
    this.#writing ??= this.#write().finally(() => (this.#writing = null));
  }

  /** In the order in which they were made; a write that fails is tried again until the end. */
  async #write(): Promise<void> {
    while (this.#decisions.length > 0) {
      const batch = takeBatch(this.#decisions);
      try {
        await recordDecisions(this.#options.db, batch);
        this.#decisions = this.#decisions.slice(batch.length);
      } catch (error) {
        this.#options.log("error", "decisions were not written", { reason: errorText(error) });
        if (this.#state === "closed") return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
  }
}

/** The first decisions, at most one a study. */
function takeBatch(decisions: readonly NewDecision[]): NewDecision[] {
  const known = new Set<string>();
  const batch: NewDecision[] = [];
  for (const decision of decisions) {
    if (known.has(decision.studyInstanceUid) || batch.length === DECISIONS_A_WRITE) break;
    known.add(decision.studyInstanceUid);
    batch.push(decision);
  }
  return batch;
}
