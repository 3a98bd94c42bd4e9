/**
 * @file Where the page is: the list, or a study. In the URL's fragment, so that a link opens a study and its
 * UID never reaches a server's access log.
 */
import { useSyncExternalStore } from "react";

/** The open study's UID, or null on the list. */
export function parseRoute(hash: string): string | null {
  const match = /^#\/study\/([0-9A-Za-z.%_-]+)$/.exec(hash);
  return match?.[1] === undefined ? null : decodeURIComponent(match[1]);
}

export const studyHref = (uid: string): string => `#/study/${encodeURIComponent(uid)}`;

/** Open a study; null goes back to the list. */
export function navigate(uid: string | null): void {
  window.location.hash = uid === null ? "#/" : studyHref(uid);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export const useRoute = (): string | null =>
  useSyncExternalStore(subscribe, () => parseRoute(window.location.hash));
