/**
 * @file Who is reading: a name asked once and kept in this browser. It is no login.
 */
import { useSyncExternalStore } from "react";

import { storedChange } from "./stored-change.ts";

const KEY = "firstread.reader";
const { publish, subscribe } = storedChange();

/** The reader's name, "" before it was given. */
export const readerName = (): string => localStorage.getItem(KEY) ?? "";

export function setReaderName(name: string): void {
  localStorage.setItem(KEY, name.trim());
  publish();
}

export const useReaderName = (): string => useSyncExternalStore(subscribe, readerName);
