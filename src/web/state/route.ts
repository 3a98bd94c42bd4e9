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

/** The study that was opened last, so that the list can choose it on the way back. */
let lastUid: string | null = null;

function remember(uid: string | null): string | null {
  if (uid !== null) lastUid = uid;
  return uid;
}

/** The study that the page came from, or null. */
export const lastOpenedUid = (): string | null => lastUid;

/**
 * Open a study; null goes back to the list. What is opened is remembered at once: the browser says that the
 * fragment changed only later, and not of one that changed again before it came to say so.
 */
export function navigate(uid: string | null): void {
  remember(uid);
  window.location.hash = uid === null ? "#/" : studyHref(uid);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export const useRoute = (): string | null =>
  useSyncExternalStore(subscribe, () => remember(parseRoute(window.location.hash)));
