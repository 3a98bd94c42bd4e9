/**
 * @file The server's clock, as the page counts with it: one tick a second for everything that shows a wait.
 */
import { useSyncExternalStore } from "react";

let offsetMs = 0;
let nowMs = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Now on the server's clock, in milliseconds since 1970. */
export const serverNowMs = (): number => Date.now() + offsetMs;

/** Set the clock by what the server said just now. */
export function setServerClock(nowAtServer: string): void {
  const at = Date.parse(nowAtServer);
  if (!Number.isNaN(at)) offsetMs = at - Date.now();
  nowMs = serverNowMs();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = serverNowMs();
    for (const notify of listeners) notify();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, renewed each second. */
export const useServerNow = (): number => useSyncExternalStore(subscribe, () => nowMs);
