/**
 * @file Everything that goes out: the configured channels with their senders, and what the page asks of them.
 */
import type { Kysely } from "kysely";

import type { ChannelStatus, ChannelTestResponse } from "../domain/notices.ts";
import type { Channel } from "../notify/channel.ts";
import { enqueueTest, settleDelivery, type Subscriber } from "../store/deliveries.ts";
import { purgeDeliveries, queueStates } from "../store/delivery-log.ts";
import type { Database } from "../store/schema.ts";
import { errorText, type Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { ChannelConfig, NotifyConfig } from "./notify-config.ts";
import { ChannelSender, reasonOf } from "./notify-sender.ts";

const PURGE_EVERY_MS = 60 * 60 * 1000;

export interface NotifierOptions {
  readonly config: NotifyConfig;
  readonly db: Kysely<Database>;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Where readers open the page. */
  readonly pageUrl: () => string;
  /** Whether this process sends and keeps the log short; one that does not has nothing to do but to answer. */
  readonly sends: boolean;
}

interface Line {
  readonly config: ChannelConfig;
  readonly channel: Channel;
  readonly sender: ChannelSender;
}

/** Each channel, and what it is told of: what the outbox writes rows by. */
export const subscribersOf = ({ channels }: NotifyConfig): readonly Subscriber[] =>
  channels.map(({ name, events }) => ({ channel: name, events }));

export class Notifier {
  readonly #options: NotifierOptions;
  readonly #lines: ReadonlyMap<string, Line>;
  readonly #purging: ReturnType<typeof setInterval>;

  private constructor(options: NotifierOptions, lines: ReadonlyMap<string, Line>) {
    this.#options = options;
    this.#lines = lines;
    this.#purging = setInterval(() => {
      if (options.sends) void this.#purge();
    }, PURGE_EVERY_MS);
    this.#purging.unref();
    if (options.sends) void this.#purge();
  }

  static async start(options: NotifierOptions): Promise<Notifier> {
    const { config, sends, ...shared } = options;
    const lines = new Map<string, Line>();
    for (const one of sends ? config.channels : []) {
      const { name, include, timeoutSeconds } = one;
      const channel = await openChannel(one);
      const sender = new ChannelSender({
        ...shared,
        ...{ retry: config.retry, name, channel, include, timeoutSeconds },
      });
      lines.set(name, { config: one, channel, sender });
    }
    return new Notifier(options, lines);
  }

  get keepDays(): number {
    return this.#options.config.keepDays;
  }

  /** There may be something to send. */
  ring(): void {
    for (const { sender } of this.#lines.values()) sender.ring();
  }

  has(name: string): boolean {
    return this.#lines.has(name);
  }

  async status(): Promise<ChannelStatus[]> {
    const states = await queueStates(this.#options.db, [...this.#lines.keys()]);
    return [...this.#lines.values()].map(({ config: { name, kind, events, include }, channel }) => {
      const state = states.get(name);
      return {
        ...{ name, kind, target: channel.target, events, include },
        ...{ queued: state?.queued ?? 0, dead: state?.dead ?? 0, lastError: state?.lastError ?? "" },
        lastSentAt: state?.lastSentAt?.toISOString() ?? null,
        failingSince: state?.failingSince?.toISOString() ?? null,
      };
    });
  }

  /** Send a test now, past the queue, once; the log keeps it. @returns null when there is no such channel */
  async test(name: string, who: string): Promise<ChannelTestResponse | null> {
    const line = this.#lines.get(name);
    if (!line) return null;
    const { db } = this.#options;
    const startedMs = performance.now();
    const claimed = await enqueueTest(db, name, `Asked for by ${who}.`, line.sender.leaseSeconds);
    const tookMs = (): number => Math.round(performance.now() - startedMs);
    try {
      const detail = await line.sender.attempt(claimed);
      await settleDelivery(db, claimed, { outcome: "sent" });
      return { ok: true, detail, tookMs: tookMs() };
    } catch (failure) {
      const detail = reasonOf(failure);
      await settleDelivery(db, claimed, { outcome: "dead", error: detail });
      return { ok: false, detail, tookMs: tookMs() };
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#purging);
    await Promise.all([...this.#lines.values()].map(({ sender }) => sender.close()));
  }

  async #purge(): Promise<void> {
    const { db, log, config } = this.#options;
    const channels = config.channels.map(({ name }) => name);
    await purgeDeliveries(db, this.keepDays, channels).catch((error: unknown) =>
      log("warn", "the delivery log was not shortened", { reason: errorText(error) }),
    );
  }
}

/** Each kind's code is loaded when a channel of it is configured. */
async function openChannel(config: ChannelConfig): Promise<Channel> {
  switch (config.kind) {
    case "webhook":
      return (await import("../notify/webhook.ts")).webhookChannel(config);
    case "hl7":
      return (await import("../notify/hl7-channel.ts")).hl7Channel(config);
    case "fhir":
      return (await import("../notify/fhir.ts")).fhirChannel(config);
    case "email":
      return (await import("../notify/email.ts")).emailChannel(config);
  }
}
