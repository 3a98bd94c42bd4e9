/**
 * @file The channels and their log, asked for again and again while the page shows them.
 */
import { useCallback, useEffect, useState } from "react";

import type { NotificationsResponse } from "../../domain/notices.ts";
import { getNotifications } from "../api/client.ts";

const ASK_EVERY_MS = 3000;

export interface Notifications {
  /** null until it is there. */
  readonly state: NotificationsResponse | null;
  /** Why it could not be had; "" otherwise. */
  readonly problem: string;
  /** Ask now. */
  readonly refresh: () => Promise<void>;
}

export function useNotifications(): Notifications {
  const [state, setState] = useState<NotificationsResponse | null>(null);
  const [problem, setProblem] = useState("");
  const refresh = useCallback(async (): Promise<void> => {
    try {
      setState(await getNotifications());
      setProblem("");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const ask = async (): Promise<void> => {
      if (!document.hidden) await refresh();
      if (!isGone) timer = setTimeout(() => void ask(), ASK_EVERY_MS);
    };
    void ask();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [refresh]);
  return { state, problem, refresh };
}
