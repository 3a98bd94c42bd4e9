/**
 * @file The page's head: the name, what presses now, which model scores, whether the list is live, who is reading.
 */
import { useMemo } from "react";

import type { RankedItem } from "../../domain/worklist.ts";
import { isSuspected } from "../../triage/conditions.ts";
import { formatWait } from "../format.ts";
import { useServerNow } from "../state/clock.ts";
import { useReaderName } from "../state/reader.ts";
import type { Route } from "../state/route.ts";
import { useWorklist } from "../state/session.ts";
import { AlertBell } from "./alerts.tsx";
import { Navigation } from "./navigation.tsx";
import { PolicyState } from "./policy-state.tsx";

interface HeaderProps {
  readonly page: Route["page"];
  readonly onName: () => void;
  readonly onKeys: () => void;
}

export function Header({ page, onName, onKeys }: HeaderProps) {
  const name = useReaderName();
  return (
    <header className="header">
      <a className="brand" href="#/" aria-label="FirstRead, worklist">
        FirstRead
      </a>
      <Navigation page={page} />
      <Pressing />
      <span className="header-space" />
      <PolicyState />
      <ActiveModel />
      <Connection />
      <AlertBell />
      <button type="button" className="quiet" onClick={onName}>
        {name === "" ? "Who is reading?" : name}
      </button>
      <button type="button" className="quiet" onClick={onKeys} aria-label="Keyboard commands">
        <kbd>?</kbd>
      </button>
    </header>
  );
}

interface Load {
  readonly suspected: number;
  readonly unread: number;
  /** Arrival of the study that has waited longest, in milliseconds since 1970; null when none waits. */
  readonly oldestMs: number | null;
}

function loadOf(ranked: readonly RankedItem[]): Load {
  let [suspected, unread] = [0, 0];
  let oldestMs: number | null = null;
  for (const { item } of ranked) {
    if (item.reading === "read") continue;
    unread += 1;
    if (item.reading !== "waiting") continue;
    if (isSuspected(item)) suspected += 1;
    oldestMs = Math.min(oldestMs ?? Infinity, Date.parse(item.arrivedAt));
  }
  return { suspected, unread, oldestMs };
}

function Pressing() {
  const { ranked, status } = useWorklist();
  const nowMs = useServerNow();
  const { suspected, unread, oldestMs } = useMemo(() => loadOf(ranked), [ranked]);
  if (status !== "ready") return null;
  return (
    <dl className="pressing">
      <div className={suspected > 0 ? "is-suspected" : ""}>
        <dt>Suspected, waiting</dt>
        <dd>{suspected}</dd>
      </div>
      <div>
        <dt>Unread</dt>
        <dd>{unread}</dd>
      </div>
      <div>
        <dt>Longest wait</dt>
        <dd>{oldestMs === null ? "–" : formatWait(nowMs - oldestMs)}</dd>
      </div>
    </dl>
  );
}

/** Which model scores now; a finding says which one made it. */
function ActiveModel() {
  const { model } = useWorklist();
  if (model === null) return null;
  return (
    <span className="active-model" title="The model that scores new studies">
      {model.name} {model.version}
    </span>
  );
}

function Connection() {
  const { connected, status, problem } = useWorklist();
  if (status === "loading") return null;
  if (connected && problem === "") {
    return (
      <span className="connection" role="status">
        <span className="connection-dot" aria-hidden="true" />
        Live
      </span>
    );
  }
  return (
    <span className="connection is-lost" role="status">
      <span className="connection-dot" aria-hidden="true" />
      {connected
        ? "List not current, trying again"
        : "Disconnected, trying again: the list may be out of date"}
    </span>
  );
}
