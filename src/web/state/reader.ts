/**
 * @file Who is reading: a name asked once and kept in this browser. It is no login.
 */
import { useSyncExternalStore } from "react";

const KEY = "firstread.reader";
const listeners = new Set<() => void>();

/** The reader's name, "" before it was given. */
export const readerName = (): string => localStorage.getItem(KEY) ?? "";

export function setReaderName(name: string): void {
  localStorage.setItem(KEY, name.trim());
  for (const notify of listeners) notify();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

export const useReaderName = (): string => useSyncExternalStore(subscribe, readerName);
