/**
 * @file The dashboard's figures, asked again while the page is there.
 */
import { useEffect, useState } from "react";

import type { DashboardResponse } from "../../domain/dashboard.ts";
import { getDashboard } from "../api/client.ts";

const AGAIN_MS = 15_000;

interface DashboardState {
  /** Of the period that was asked for; null before they came. */
  readonly figures: DashboardResponse | null;
  /** Why the figures are not current; "" when they are. */
  readonly problem: string;
}

export function useDashboard(days: number): DashboardState {
  const [state, setState] = useState<DashboardState>({ figures: null, problem: "" });
  useEffect(() => {
    const abort = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const figures = await getDashboard(days, abort.signal);
        setState({ figures, problem: "" });
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = error instanceof Error ? error.message : String(error);
        setState(({ figures }) => ({ figures, problem }));
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), AGAIN_MS);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [days]);
  return { figures: state.figures?.days === days ? state.figures : null, problem: state.problem };
}
