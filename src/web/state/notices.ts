/**
 * @file Short messages to the reader: what failed, and what just became pressing.
 */
import { useSyncExternalStore } from "react";

export interface Notice {
  readonly id: number;
  readonly kind: "problem" | "news";
  readonly text: string;
  /** A study to open from the notice. */
  readonly uid?: string;
}

const SHOWN_MS = 9000;
let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function publish(next: readonly Notice[]): void {
  notices = next;
  for (const notify of listeners) notify();
}

/** Show a notice; the oldest makes room, and each leaves by itself. */
export function notify(notice: Omit<Notice, "id">): void {
  lastId += 1;
  const id = lastId;
  publish([...notices.filter(({ text }) => text !== notice.text).slice(-2), { ...notice, id }]);
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  publish(notices.filter((notice) => notice.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useNotices = (): readonly Notice[] => useSyncExternalStore(subscribe, () => notices);
