/**
 * @file The open study's detail, read again whenever its row changes.
 */
import { useEffect, useState } from "react";

import type { StudyDetail } from "../../domain/api.ts";
import { getStudy } from "../api/client.ts";
import { useWorklist } from "../state/session.ts";

export interface StudyState {
  readonly detail: StudyDetail | null;
  /** Why it could not be read; "" otherwise. */
  readonly problem: string;
}

/** Changes of a row within this time are read once. */
const SETTLE_MS = 120;

export function useStudy(uid: string): StudyState {
  const [state, setState] = useState<StudyState>({ detail: null, problem: "" });
  const { byUid, connected, status } = useWorklist();
  const item = byUid.get(uid)?.item;
  const isFirst = state.detail === null;
  const isListKnown = status !== "loading";
  useEffect(() => {
    if (!isListKnown) return undefined;
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      try {
        const detail = await getStudy(uid, abort.signal);
        setState((last) => ({ detail: keepSlices(last.detail, detail), problem: "" }));
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = error instanceof Error ? error.message : String(error);
        setState((last) => ({ ...last, problem }));
      }
    };
    const timer = setTimeout(() => void read(), isFirst ? 0 : SETTLE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
    // `isFirst` only sets the pace of the first read; it must not start another.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [uid, item, connected, isListKnown]);
  return state;
}

/** The same slices keep their identity, so that the pixels in memory stay good. */
function keepSlices(last: StudyDetail | null, next: StudyDetail): StudyDetail {
  const isSame = last !== null && JSON.stringify(last.slices) === JSON.stringify(next.slices);
  return isSame ? { ...next, slices: last.slices } : next;
}
