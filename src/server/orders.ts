/**
 * @file Orders by HL7: the listener, and what they say written to studies, also to those that come after them.
 */
import type { Kysely } from "kysely";

import { acknowledge } from "../notify/hl7-ack.ts";
import { startMllpListener, type MllpListener } from "../notify/mllp-listener.ts";
import { BadOrder, parseOrders } from "../notify/order-message.ts";
import { applyOrdersTo, applyRecentOrders, placeOrders } from "../store/placed-orders.ts";
import type { Database } from "../store/schema.ts";
import { Bell } from "./bell.ts";
import { cannotListen } from "./listen.ts";
import { errorText, type Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { OrdersConfig } from "./orders-config.ts";

/** A study that was being stored in the very moment of its order saw none of it: look again soon after. */
const SWEEP_MS = 5000;
/** How far back a sweep looks; the first one, further. */
const RECENT_S = 60;
const FIRST_SWEEP_S = 7 * 24 * 3600;
/** Table 0357: the peer may send it again. */
const INTERNAL_ERROR = "207";

export interface OrdersOptions {
  readonly config: OrdersConfig;
  readonly db: Kysely<Database>;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class Orders {
  readonly #options: OrdersOptions;
  readonly #bell = new Bell();
  #listener: MllpListener | null = null;
  #loop: Promise<void> = Promise.resolve();
  #changed = new Set<string>();
  #isStopped = false;

  private constructor(options: OrdersOptions) {
    this.#options = options;
  }

  /** @throws Error when the port cannot be had */
  static async start(options: OrdersOptions): Promise<Orders> {
    const orders = new Orders(options);
    const { config, log } = options;
    orders.#listener = await startMllpListener({
      ...config,
      onMessage: (text) => orders.#take(text),
      log: (level, message) => log(level, message),
    }).catch((cause: unknown) => {
      throw cannotListen("HL7", config.host, config.port, cause);
    });
    orders.#loop = orders.#run();
    return orders;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: this.#options.config.host, port: this.port };
  }

  /** A study came, or changed: its order may be here already. */
  studyChanged(studyInstanceUid: string): void {
    this.#changed.add(studyInstanceUid);
    this.#bell.ring();
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    await this.#listener?.close();
    this.#bell.ring();
    await this.#loop;
  }

  /** Take one message. @returns its acknowledgement */
  async #take(text: string): Promise<string> {
    const { config, db, log, metrics } = this.#options;
    try {
      const message = parseOrders(text, config.accessionFrom);
      const changed = await placeOrders(db, message.orders, message);
      metrics.add("firstread_orders_taken_total");
      log("info", "orders taken", { orders: message.orders.length, studies: changed.length });
      return acknowledge(text, null, new Date());
    } catch (error) {
      metrics.add("firstread_orders_refused_total");
      if (error instanceof BadOrder) {
        // Its words may hold a value of the message: they are the sender's to read, not the log's.
        log("warn", "an order message was refused", { ack: error.ack, error: error.errorCode });
        return acknowledge(text, error, new Date());
      }
      log("error", "an order message could not be stored", { reason: errorText(error) });
      const problem = new BadOrder("AR", INTERNAL_ERROR, "It could not be stored; send it again.");
      return acknowledge(text, problem, new Date());
    }
  }

  async #run(): Promise<void> {
    const { db, log } = this.#options;
    let sweepS = FIRST_SWEEP_S;
    let lastSweepMs = -Infinity;
    while (!this.#isStopped) {
      const changed = [...this.#changed];
      this.#changed = new Set();
      try {
        if (changed.length > 0) await applyOrdersTo(db, changed);
        if (performance.now() - lastSweepMs >= SWEEP_MS) {
          lastSweepMs = performance.now();
          await applyRecentOrders(db, sweepS);
          sweepS = RECENT_S;
        }
      } catch (error) {
        for (const uid of changed) this.#changed.add(uid);
        log("error", "orders were not written to studies", { reason: errorText(error) });
      }
      await this.#bell.wait(SWEEP_MS);
    }
  }
}
