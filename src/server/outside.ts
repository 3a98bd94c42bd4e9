/**
 * @file What speaks with the outside beside DICOM: notices going out, orders coming in. Started and stopped as one.
 */
import type { Kysely } from "kysely";

import type { Policy } from "../domain/policy.ts";
import type { Database } from "../store/schema.ts";
import type { Role, ServerConfig } from "./config.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { Notifier, subscribersOf } from "./notifier.ts";
import { Orders } from "./orders.ts";
import type { Stack } from "./stack.ts";
import { TopTierWatch } from "./top-tier.ts";

export interface OutsideOptions {
  readonly config: ServerConfig;
  readonly db: Kysely<Database>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly stack: Stack;
  readonly policy: () => Policy;
  /** This server's page, as far as it is known yet. */
  readonly ownUrl: () => string;
}

export interface Outside {
  readonly notifier: Notifier;
  /** null where this process takes no orders. */
  readonly orders: Orders | null;
  studyChanged(studyInstanceUid: string): void;
  /** There may be something to send. */
  ring(): void;
}

/** @throws Error when the port for orders cannot be had */
export async function startOutside(options: OutsideOptions): Promise<Outside> {
  const { config, db, log, metrics, stack, policy, ownUrl } = options;
  const has = (role: Role) => config.roles.includes(role);
  const sends = has("worker") || has("web");
  const subscribers = subscribersOf(config.notify);
  const { pageUrl } = config.notify;
  const notifier = await Notifier.start({
    ...{ config: config.notify, sends, db, log, metrics },
    pageUrl: () => pageUrl?.replace(/\/$/, "") ?? ownUrl(),
  });
  stack.push(() => notifier.close());
  const watchesTop = sends && subscribers.some(({ events }) => events.includes("top-tier"));
  const topTier = watchesTop ? new TopTierWatch({ db, log, subscribers, policy }) : null;
  if (topTier) stack.push(() => topTier.close());
  const orders =
    config.hl7 && has("receiver") ? await Orders.start({ config: config.hl7, db, log, metrics }) : null;
  if (orders) stack.push(() => orders.close());
  return {
    notifier,
    orders,
    studyChanged(uid) {
      orders?.studyChanged(uid);
      topTier?.studyChanged(uid);
    },
    ring: () => notifier.ring(),
  };
}
