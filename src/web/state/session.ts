/**
 * @file The page's one worklist and what feeds it: events first, then the whole list, again after each
 * reconnection.
 */
import { useSyncExternalStore } from "react";

import { DEFAULT_POLICY } from "../../triage/policy.ts";
import { getWorklist } from "../api/client.ts";
import { connectEvents } from "../api/events.ts";
import { serverNowMs, setServerClock } from "./clock.ts";
import { WorklistStore } from "./worklist.ts";
import type { WorklistSnapshot } from "./worklist.ts";
import type { Progress } from "../words.ts";

/** The list is fetched when the events are heard; if they are not heard by then, without them. */
const EVENTS_GRACE_MS = 700;
const RANK_AGAIN_MS = 1000;
const RETRY_LIST_MS = 3000;

/** With the next frame; hidden pages have no frames. */
function soon(task: () => void): void {
  if (document.hidden) setTimeout(task, 50);
  else requestAnimationFrame(() => task());
}

export const worklist = new WorklistStore(DEFAULT_POLICY, serverNowMs, soon);

export const useWorklist = (): WorklistSnapshot =>
  useSyncExternalStore(worklist.subscribe, worklist.snapshot);

export const useProgress = (uid: string): Progress | undefined =>
  useSyncExternalStore(worklist.subscribe, () => worklist.progressOf(uid));

let loading: AbortController | undefined;
/** What came as events while the list was on its way. */
let newer = new Set<string>();

async function load(): Promise<void> {
  loading?.abort();
  const mine = new AbortController();
  loading = mine;
  newer = new Set();
  try {
    const response = await getWorklist(mine.signal);
    setServerClock(response.now);
    worklist.replaceAll(response, newer);
  } catch (error) {
    if (mine.signal.aborted) return;
    worklist.setProblem(error instanceof Error ? error.message : String(error));
    setTimeout(() => {
      if (loading === mine) void load();
    }, RETRY_LIST_MS);
  }
}

/** Start once, from `main.tsx`. */
export function startSession(): void {
  const grace = setTimeout(() => void load(), EVENTS_GRACE_MS);
  connectEvents({
    onHello: ({ now }) => {
      clearTimeout(grace);
      setServerClock(now);
      void load();
    },
    onItem: (item) => {
      newer.add(item.studyInstanceUid);
      worklist.upsert(item);
    },
    onProgress: ({ studyInstanceUid, done, total }) =>
      worklist.setProgress(studyInstanceUid, { done, total }),
    onModel: (model) => worklist.setModel(model),
    onPolicy: (policy) => {
      if (policy.version === worklist.snapshot().policy?.version) worklist.setPolicy(policy);
      // Other rules may look at other attributes of the studies.
      else void load();
    },
    onConnection: (connected) => worklist.setConnected(connected),
  });
  setInterval(() => worklist.refresh(), RANK_AGAIN_MS);
}
