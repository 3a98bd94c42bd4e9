/**
 * @file The bell in the page's head, and what it rings for.
 */
import { useEffect, useEffectEvent } from "react";

import { useKeys } from "../keys.ts";
import { alertTo, criticalToTell, toggleAlerts, useAlertState, type AlertState } from "../state/alerts.ts";
import { worklist } from "../state/session.ts";

const WORDS: Readonly<Record<AlertState, string>> = {
  off: "Alerts are off",
  on: "Alerts to critical studies, with sound",
  muted: "Alerts by sound alone: the browser shows no notifications of this page",
};

/** Follows the list. `openUid` is the study being looked at. */
export function useAlerts(openUid: string | null): void {
  const look = useEffectEvent((seen: Set<string> | null): Set<string> | null => {
    const { status, ranked } = worklist.snapshot();
    if (status !== "ready") return seen;
    const rows = criticalToTell(ranked, seen ?? new Set(), openUid);
    const next = seen ?? new Set<string>();
    for (const { item } of rows) next.add(item.studyInstanceUid);
    if (openUid !== null) next.add(openUid);
    // What is there when the page opens is no news.
    if (seen !== null && rows.length > 0) void alertTo(rows);
    return next;
  });
  useEffect(() => {
    let seen: Set<string> | null = null;
    return worklist.subscribe(() => {
      seen = look(seen);
    });
  }, []);
}

export function AlertBell() {
  const state = useAlertState();
  useKeys({ b: () => void toggleAlerts() });
  return (
    <button
      type="button"
      className={`quiet bell is-${state}`}
      aria-pressed={state !== "off"}
      aria-label="Alerts to critical studies"
      title={`${WORDS[state]} (B)`}
      onClick={() => void toggleAlerts()}
    >
      <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true">
        <path
          d="M8 1.8a4 4 0 0 0-4 4c0 3.4-1.2 4.6-1.8 5.3h11.6C13.2 10.4 12 9.2 12 5.8a4 4 0 0 0-4-4ZM6.5 13a1.6 1.6 0 0 0 3 0"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.3"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
        {state === "off" && (
          <path d="M2.5 2.5l11 11" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" />
        )}
      </svg>
    </button>
  );
}
