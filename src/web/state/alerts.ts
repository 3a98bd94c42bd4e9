/**
 * @file Alerts on this device: a notification of the browser and a sound when a study becomes critical, if the
 * reader allows. Each study once, whichever of this browser's pages sees it first.
 */
import { useSyncExternalStore } from "react";

import { TIERS, type RankedItem } from "../../domain/worklist.ts";
import { playAlert } from "./alert-sound.ts";
import { navigate } from "./route.ts";
import { storedChange } from "./stored-change.ts";

const KEY = "firstread.alerts";
const TOLD_KEY = "firstread.alerted";
/** More than are critical in a night. */
const MOST_TOLD = 500;
/** How long a page is alone to tell of a study: far longer than storage takes to reach the others. */
const HELD_MS = 30_000;
/** One notification holds what becomes critical at once. */
const TITLE = "FirstRead: critical study";

/** `muted` is on, but the browser shows no notifications: only the sound is left. */
export type AlertState = "off" | "on" | "muted";

const { publish, subscribe } = storedChange();

const canNotify = (): boolean => "Notification" in window && Notification.permission === "granted";

function alertState(): AlertState {
  if (localStorage.getItem(KEY) !== "on") return "off";
  return canNotify() ? "on" : "muted";
}

export const useAlertState = (): AlertState => useSyncExternalStore(subscribe, alertState);

/** On asks the browser's permission, and lets the reader hear what an alert sounds like. */
export async function toggleAlerts(): Promise<void> {
  const isOn = alertState() !== "off";
  localStorage.setItem(KEY, isOn ? "off" : "on");
  publish();
  if (isOn) return;
  playAlert();
  if ("Notification" in window && Notification.permission === "default")
    await Notification.requestPermission();
  publish();
}

/** The studies that are critical, wait, and have not been told; not the one that the reader has open. */
export function criticalToTell(
  ranked: readonly RankedItem[],
  seen: ReadonlySet<string>,
  openUid: string | null,
): RankedItem[] {
  return ranked.filter(
    ({ item, priority }) =>
      priority.tier === TIERS[0] &&
      item.reading === "waiting" &&
      item.studyInstanceUid !== openUid &&
      !seen.has(item.studyInstanceUid),
  );
}

/**
 * Alert to these studies, those left out that another page of this browser has alerted to. Patients are not named:
 * a notification may be seen by whoever passes.
 */
export async function alertTo(rows: readonly RankedItem[]): Promise<void> {
  if (alertState() === "off") return;
  const fresh = await takeUntold(rows);
  const [first] = fresh;
  if (!first) return;
  playAlert();
  if (!canNotify()) return;
  const others = fresh.length === 1 ? "" : ` And ${fresh.length - 1} more.`;
  const notification = new Notification(TITLE, {
    body: `${first.priority.reason}.${others}`,
    icon: "/favicon.svg",
    tag: shortHash(first.item.studyInstanceUid),
  });
  notification.addEventListener("click", () => {
    window.focus();
    navigate(first.item.studyInstanceUid);
    notification.close();
  });
}

/** Take what no page of this browser has told yet. */
async function takeUntold(rows: readonly RankedItem[]): Promise<RankedItem[]> {
  const ours = await Promise.all(rows.map(({ item }) => isOursToTell(shortHash(item.studyInstanceUid))));
  return rows.filter((_row, index) => ours[index]);
}

/**
 * Whether this page tells of a study. What one page writes to the browser's storage another may see only a little later,
 * so whoever tells also holds a lock for that long.
 */
function isOursToTell(hash: string): Promise<boolean> {
  return new Promise((answer) => {
    const tell = async (lock: Lock | null): Promise<void> => {
      const told = JSON.parse(localStorage.getItem(TOLD_KEY) ?? "[]") as string[];
      if (lock === null || told.includes(hash)) return answer(false);
      localStorage.setItem(TOLD_KEY, JSON.stringify([...told, hash].slice(-MOST_TOLD)));
      answer(true);
      await new Promise((end) => setTimeout(end, HELD_MS));
    };
    void navigator.locks.request(`${TOLD_KEY}.${hash}`, { ifAvailable: true }, tell);
  });
}

/** FNV-1a, 32 bits: a UID leads to a patient, and what is kept in the browser should not. */
function shortHash(uid: string): string {
  let hash = 0x811c9dc5;
  for (const character of uid) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16);
}
