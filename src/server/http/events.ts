/**
 * @file The live side of the page: one stream of Server-Sent Events to each (WHATWG HTML, 9.2).
 *
 * A page that does not keep up is cut off: it connects again and reads the whole list, which is cheaper than a
 * queue without end.
 */
import type { ServerResponse } from "node:http";

import type { FastifyInstance } from "fastify";

import type { ServerEvents } from "../../domain/api.ts";
import type { WorklistItem } from "../../domain/worklist.ts";
import { SECURITY_HEADERS } from "./guards.ts";

const HEARTBEAT_MS = 15_000;
/** About a thousand rows that a page has not taken yet. */
const MOST_UNSENT_BYTES = 1_000_000;
const MOST_PAGES = 200;

/** Where a page listens. */
export const EVENTS_URL = "/api/events";

export interface EventHubOptions {
  /** The clock that waiting is counted by, in milliseconds since 1970. */
  readonly nowMs: () => number;
}

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #pages = new Set<ServerResponse>();
  readonly #heartbeat: ReturnType<typeof setInterval>;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#heartbeat = setInterval(() => this.#write(": still here\n\n"), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get pageCount(): number {
    return this.#pages.size;
  }

  /** Take over a response as a stream. */
  connect(response: ServerResponse): void {
    if (this.#pages.size >= MOST_PAGES) {
      response.writeHead(503, SECURITY_HEADERS).end();
      return;
    }
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    response.socket?.setNoDelay(true);
    response.on("close", () => this.#pages.delete(response));
    response.on("error", () => this.#pages.delete(response));
    this.#pages.add(response);
    response.write(frame("hello", { now: new Date(this.#options.nowMs()).toISOString() }));
  }

  item(item: WorklistItem): void {
    if (this.#pages.size > 0) this.#write(frame("item", item));
  }

  progress(progress: ServerEvents["progress"]): void {
    if (this.#pages.size > 0) this.#write(frame("progress", progress));
  }

  modelChanged({ name, version }: ServerEvents["model"]): void {
    if (this.#pages.size > 0) this.#write(frame("model", { name, version }));
  }

  policyChanged(policy: ServerEvents["policy"]): void {
    if (this.#pages.size > 0) this.#write(frame("policy", policy));
  }

  /** Changes may have been missed: every page connects again and reads the list. */
  disconnectAll(): void {
    for (const page of this.#pages) page.end();
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.disconnectAll();
  }

  #write(text: string): void {
    for (const page of this.#pages) {
      if (page.writableLength > MOST_UNSENT_BYTES) {
        this.#pages.delete(page);
        page.destroy();
      } else {
        page.write(text);
      }
    }
  }
}

function frame<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function addEventRoutes(app: FastifyInstance, hub: EventHub): void {
  app.get(EVENTS_URL, (_request, reply) => {
    reply.hijack();
    hub.connect(reply.raw);
  });
}
