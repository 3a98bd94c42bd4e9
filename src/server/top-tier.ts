/**
 * @file Watches for studies that wait in the most pressing tier, whatever brought them there: a finding, a reader's
 * word, an order, or only time, which no transaction tells of.
 *
 * The outbox takes each study once, so looking again says nothing twice, and what was missed while the server was
 * down is seen at its next start.
 */
import type { Kysely } from "kysely";

import type { Policy } from "../domain/policy.ts";
import { TIERS, type WorklistItem } from "../domain/worklist.ts";
import { enqueue, type Subscriber } from "../store/deliveries.ts";
import type { Database } from "../store/schema.ts";
import { findItems, listUnreadAfter } from "../store/studies.ts";
import { attributesOf } from "../triage/policy.ts";
import { prioritize } from "../triage/prioritize.ts";
import { Bell } from "./bell.ts";
import { errorText, type Log } from "./log.ts";

/** Waiting promotes a study: how late that may be told. */
const LOOK_EVERY_MS = 20_000;
/** A long list is looked at in parts, so that nobody waits for it. */
const STUDIES_AT_ONCE = 1000;

export interface TopTierOptions {
  readonly db: Kysely<Database>;
  readonly log: Log;
  readonly subscribers: readonly Subscriber[];
  readonly policy: () => Policy;
}

export class TopTierWatch {
  readonly #options: TopTierOptions;
  readonly #bell = new Bell();
  readonly #loop: Promise<void>;
  /** Studies that changed since they were looked at. */
  #changed = new Set<string>();
  /** Told, so far as this process knows. */
  readonly #told = new Set<string>();
  #isStopped = false;
  #lastLookMs = -Infinity;

  /** Starts at once. */
  constructor(options: TopTierOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  studyChanged(studyInstanceUid: string): void {
    if (this.#told.has(studyInstanceUid)) return;
    this.#changed.add(studyInstanceUid);
    this.#bell.ring();
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    this.#bell.ring();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#look().catch((error: unknown) =>
        this.#options.log("error", "the top tier was not looked at", { reason: errorText(error) }),
      );
      await this.#bell.wait(LOOK_EVERY_MS);
    }
  }

  async #look(): Promise<void> {
    const { db, policy } = this.#options;
    const nowMs = performance.now();
    const tags = attributesOf(policy());
    if (nowMs - this.#lastLookMs >= LOOK_EVERY_MS) {
      this.#lastLookMs = nowMs;
      this.#changed.clear();
      await this.#lookAtAll(tags);
      return;
    }
    const changed = [...this.#changed];
    this.#changed = new Set();
    if (changed.length > 0) await this.#tell(await findItems(db, changed, tags));
  }

  async #lookAtAll(tags: readonly string[]): Promise<void> {
    const unread = new Set<string>();
    for (let after: string | undefined = ""; after !== undefined && !this.#isStopped;) {
      const part = await listUnreadAfter(this.#options.db, after, STUDIES_AT_ONCE, tags);
      await this.#tell(part);
      for (const { studyInstanceUid } of part) unread.add(studyInstanceUid);
      after = part.at(-1)?.studyInstanceUid;
    }
    for (const uid of this.#told) if (!unread.has(uid)) this.#told.delete(uid);
  }

  async #tell(items: readonly WorklistItem[]): Promise<void> {
    const { db, subscribers, policy } = this.#options;
    for (const item of items) {
      const { studyInstanceUid, finding } = item;
      if (item.reading !== "waiting" || this.#told.has(studyInstanceUid)) continue;
      const { tier, reason } = prioritize(item, policy(), Date.now());
      if (tier !== TIERS[0]) continue;
      const facts = { finding, tier, reason: plainReason(reason, item) };
      await enqueue(db, subscribers, { event: "top-tier", studyInstanceUid, facts });
      this.#told.add(studyInstanceUid);
    }
  }
}

/** The reason in words, without a name and without what a reader wrote. */
function plainReason(reason: string, { feedback, override }: WorklistItem): string {
  if (override) return "A reader gave it this tier.";
  return feedback ? reason.replaceAll(feedback.reader, "a reader") : reason;
}
