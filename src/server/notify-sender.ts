/**
 * @file Sends one channel's queue, one message at a time, for as long as the server runs.
 *
 * Each channel has a sender of its own, so that a peer that does not answer delays its own messages only. One that
 * cannot be reached is asked less and less often, with some chance in it, so that many senders do not all come back
 * in the same moment; once it answers, what waited goes at once.
 */
import type { Kysely } from "kysely";

import { includedOf, type Includable } from "../domain/notices.ts";
import { DeliveryFailed, DeliveryRefused, type Channel } from "../notify/channel.ts";
import type { Notice } from "../notify/notice.ts";
import {
  claimDelivery,
  hastenQueue,
  releaseDelivery,
  settleDelivery,
  type ClaimedDelivery,
} from "../store/deliveries.ts";
import type { Database } from "../store/schema.ts";
import { findHeader } from "../store/studies.ts";
import { Bell } from "./bell.ts";
import { errorText, studyTag, type Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { RetryConfig } from "./notify-config.ts";

/** However quiet it is, look this often: for what another process wrote, or left. */
const SWEEP_MS = 5000;
/** A peer that cannot be reached is asked again after this long at the latest, if anything waits for it. */
const LONGEST_REST_MS = 30_000;
/** A channel that failed so often in a row was down, and did not only dislike one message. */
const DOWN_AFTER = 2;
/** Beyond its timeout, how long a sender keeps what it claimed: to write down what became of it. */
const LEASE_MARGIN_S = 5;

export interface SenderOptions {
  readonly db: Kysely<Database>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly retry: RetryConfig;
  readonly name: string;
  readonly channel: Channel;
  readonly include: readonly Includable[];
  readonly timeoutSeconds: number;
  /** Where readers open the page. */
  readonly pageUrl: () => string;
}

/** Until the next attempt: doubling from the first, between half of it and all, by chance. */
export function backoffSeconds(
  attempts: number,
  { firstSeconds, longestSeconds }: RetryConfig,
  random: () => number = Math.random,
): number {
  const whole = Math.min(longestSeconds, firstSeconds * 2 ** Math.min(attempts - 1, 40));
  return whole * (0.5 + 0.5 * random());
}

export class ChannelSender {
  readonly #options: SenderOptions;
  readonly #bell = new Bell();
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #failuresInARow = 0;

  /** Starts at once. */
  constructor(options: SenderOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  get leaseSeconds(): number {
    return this.#options.timeoutSeconds + LEASE_MARGIN_S;
  }

  /** There may be something to send. */
  ring(): void {
    this.#bell.ring();
  }

  /** What is under way is given back. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#bell.ring();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { log, name } = this.#options;
    while (!this.#stop.signal.aborted) {
      const restMs = await this.#step().catch((error: unknown) => {
        log("error", "notices: the sender will try again", { channel: name, reason: errorText(error) });
        return SWEEP_MS;
      });
      if (restMs > 0 && !this.#stop.signal.aborted) await this.#bell.wait(restMs);
    }
  }

  /** Send what is next. @returns for how long there is nothing to do, in milliseconds */
  async #step(): Promise<number> {
    const { db, name } = this.#options;
    const claimed = await claimDelivery(db, name, this.leaseSeconds);
    if (!("id" in claimed)) return Math.max(1, Math.min(SWEEP_MS, Math.ceil(claimed.nextDueMs ?? SWEEP_MS)));
    const failure = await this.attempt(claimed, this.#stop.signal).then(
      () => null,
      (error: unknown) => error,
    );
    if (failure !== null && this.#stop.signal.aborted) {
      await releaseDelivery(db, claimed);
      return 0;
    }
    return this.#settle(claimed, failure);
  }

  /** Send one message now. @returns what the peer said @throws what the channel throws */
  async attempt(claimed: ClaimedDelivery, stop?: AbortSignal): Promise<string> {
    const { channel, timeoutSeconds } = this.#options;
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
    const signal = stop ? AbortSignal.any([stop, timeout]) : timeout;
    return channel.send(await this.#noticeOf(claimed), signal);
  }

  /** Write down what became of it. @returns for how long to rest, in milliseconds */
  async #settle(claimed: ClaimedDelivery, failure: unknown): Promise<number> {
    const { db, log, metrics, name, retry } = this.#options;
    if (failure === null) {
      await settleDelivery(db, claimed, { outcome: "sent" });
      metrics.add("firstread_deliveries_sent_total");
      if (this.#failuresInARow >= DOWN_AFTER) await hastenQueue(db, name, this.leaseSeconds);
      this.#failuresInARow = 0;
      return 0;
    }
    const error = reasonOf(failure);
    const isLast = failure instanceof DeliveryRefused || claimed.attempts >= retry.attempts;
    const afterSeconds = backoffSeconds(claimed.attempts, retry);
    await settleDelivery(
      db,
      claimed,
      isLast ? { outcome: "dead", error } : { outcome: "again", afterSeconds, error },
    );
    metrics.add("firstread_deliveries_failed_total");
    if (isLast) metrics.add("firstread_deliveries_dead_total");
    log(isLast ? "error" : "warn", isLast ? "a notice was given up" : "a notice was not delivered", {
      ...{ channel: name, event: claimed.event, attempt: claimed.attempts, reason: error },
      study: claimed.studyInstanceUid === null ? "" : studyTag(claimed.studyInstanceUid),
    });
    if (failure instanceof DeliveryRefused) return 0;
    this.#failuresInARow += 1;
    const restS = backoffSeconds(this.#failuresInARow, retry);
    return Math.min(LONGEST_REST_MS, restS * 1000);
  }

  async #noticeOf(claimed: ClaimedDelivery): Promise<Notice> {
    const { db, include, pageUrl } = this.#options;
    const { messageId, event, studyInstanceUid: uid, facts, createdAt } = claimed;
    const header = uid === null || include.length === 0 ? null : await findHeader(db, uid);
    const reference = uid === null ? "test" : studyTag(uid);
    return {
      ...facts,
      ...{ id: messageId, event, at: createdAt.toISOString(), reference },
      link: uid === null ? pageUrl() : `${pageUrl()}/open/${reference}`,
      included: header ? includedOf(header, include) : {},
    };
  }
}

/** For the log and the page: our own words, never a peer's. */
export function reasonOf(failure: unknown): string {
  if (failure instanceof DeliveryFailed || failure instanceof DeliveryRefused) return failure.message;
  return `The message could not be made: ${errorText(failure)}`;
}
