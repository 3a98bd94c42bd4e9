/**
 * @file The server's events (SSE), kept alive: whatever closes the stream, it is opened again.
 *
 * An `EventSource` retries by itself after a broken connection, but gives up for good on an HTTP error
 * (a proxy's 502 while the server restarts): then we open a new one, waiting a little longer each time.
 */
import type { ServerEvents } from "../../domain/api.ts";

export interface EventHandlers {
  onHello(event: ServerEvents["hello"]): void;
  onItem(event: ServerEvents["item"]): void;
  onProgress(event: ServerEvents["progress"]): void;
  onModel(event: ServerEvents["model"]): void;
  onPolicy(event: ServerEvents["policy"]): void;
  onConnection(connected: boolean): void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/** Open the stream. Returns what closes it. */
export function connectEvents(handlers: EventHandlers): () => void {
  let source: EventSource | undefined;
  let retryMs = FIRST_RETRY_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    const opened = new EventSource("/api/events");
    source = opened;
    const on = <Name extends keyof ServerEvents>(
      name: Name,
      handle: (event: ServerEvents[Name]) => void,
    ): void =>
      opened.addEventListener(name, (event) => {
        handle(JSON.parse((event as MessageEvent<string>).data) as ServerEvents[Name]);
      });
    on("hello", (event) => {
      retryMs = FIRST_RETRY_MS;
      handlers.onConnection(true);
      handlers.onHello(event);
    });
    on("item", (event) => handlers.onItem(event));
    on("progress", (event) => handlers.onProgress(event));
    on("model", (event) => handlers.onModel(event));
    on("policy", (event) => handlers.onPolicy(event));
    opened.addEventListener("error", () => {
      handlers.onConnection(false);
      // Its own retry keeps no shorter pace than we do: always take over.
      opened.close();
      clearTimeout(timer);
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    });
  }

  const retryNow = (): void => {
    if (source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(timer);
    open();
  };
  window.addEventListener("online", retryNow);
  open();
  return () => {
    window.removeEventListener("online", retryNow);
    clearTimeout(timer);
    source?.close();
  };
}
