/**
 * @file Where the page is: the list, a study, or another page. In the URL's fragment, so that a link opens a
 * study and its UID never reaches a server's access log.
 */
import { useSyncExternalStore } from "react";

interface PageEntry {
  readonly name: string;
  /** The fragment that leads there. */
  readonly href: string;
  readonly title: string;
  /** The key after G. */
  readonly key: string;
}

/** Where the list is. */
export const WORKLIST_HREF: string = "#/";

/** The pages that the header leads to, in its order. */
export const PAGES = [
  { name: "worklist", href: WORKLIST_HREF, title: "Worklist", key: "w" },
  { name: "dashboard", href: "#/dashboard", title: "Dashboard", key: "d" },
  { name: "simulator", href: "#/simulator", title: "Simulator", key: "s" },
  { name: "notifications", href: "#/notifications", title: "Notifications", key: "n" },
] as const satisfies readonly PageEntry[];

export type PageName = (typeof PAGES)[number]["name"];

/** A page of `PAGES`, or a study, which has a page of its own. */
export type Route =
  { readonly page: PageName } | { readonly page: "study"; readonly studyInstanceUid: string };

/** Where a fragment leads; to the worklist when it leads nowhere. */
export function parseRoute(hash: string): Route {
  const study = /^#\/study\/([0-9A-Za-z.%_-]+)$/.exec(hash)?.[1];
  if (study !== undefined) return { page: "study", studyInstanceUid: decodeURIComponent(study) };
  return { page: PAGES.find(({ href }) => href === hash)?.name ?? "worklist" };
}

export const studyHref = (uid: string): string => `#/study/${encodeURIComponent(uid)}`;

/** The open study's UID, or null on any other page. */
export const openUidOf = (route: Route): string | null =>
  route.page === "study" ? route.studyInstanceUid : null;

/** The study that was opened last, so that the list can choose it on the way back. */
let lastUid: string | null = null;

/** The study that the page came from, or null. */
export const lastOpenedUid = (): string | null => lastUid;

/** Go to a page by its fragment. */
export function openPage(href: string): void {
  window.location.hash = href;
}

/**
 * Open a study; null goes back to the list. What is opened is remembered at once: the browser says that the
 * fragment changed only later, and not of one that changed again before it came to say so.
 */
export function navigate(uid: string | null): void {
  lastUid = uid ?? lastUid;
  openPage(uid === null ? WORKLIST_HREF : studyHref(uid));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

/** The fragment, a string, so that one that did not change compares equal. */
function currentHash(): string {
  const { hash } = window.location;
  lastUid = openUidOf(parseRoute(hash)) ?? lastUid;
  return hash;
}

export const useRoute = (): Route => parseRoute(useSyncExternalStore(subscribe, currentHash));
