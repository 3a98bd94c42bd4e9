/**
 * @file What the dashboard shows: `GET /api/dashboard?days=7`. No patient, no study by name. Times are minutes, or
 * milliseconds where they say so.
 */
import type { Tier } from "./worklist.ts";

/** Of values that were counted; null where none was. */
export interface Percentiles {
  readonly median: number;
  readonly p95: number;
  readonly worst: number;
}

/** A share with Wilson's 95 % interval. */
export interface Share {
  readonly count: number;
  readonly of: number;
  /** null when there was nothing to count. */
  readonly value: number | null;
  readonly low: number;
  readonly high: number;
}

/** From arrival to the reader's opening, and to the end of the reading. */
export interface Turnaround {
  readonly arrived: number;
  readonly opened: number;
  readonly read: number;
  readonly toOpenMin: Percentiles | null;
  readonly toReadMin: Percentiles | null;
}

export interface TierTurnaround extends Turnaround {
  readonly tier: Tier;
}

export interface HourTurnaround {
  /** Of arrival, on the server's clock. */
  readonly hour: number;
  readonly arrived: number;
  readonly toOpenMedianMin: number | null;
  readonly toReadMedianMin: number | null;
}

/** What the readers said of the findings. */
export interface Agreement {
  readonly agreeing: Share;
  /** Of the flagged studies that a reader judged: a bleed, says the reader. */
  readonly positivePredictive: Share;
  /** Of the others that a reader judged: no bleed. */
  readonly negativePredictive: Share;
}

/** Whether a distribution is what it was: too few to say, as before, some change, changed. */
export type DriftVerdict = "few" | "steady" | "some" | "changed";

export interface DriftBin {
  readonly value: string;
  readonly reference: number;
  readonly current: number;
}

export interface Drift {
  readonly name: string;
  readonly referenceCount: number;
  readonly currentCount: number;
  /** Population stability index; null when there are too few. */
  readonly psi: number | null;
  /** What the index reaches by chance in 1 of 20 samples of this size when nothing changed. */
  readonly noise: number | null;
  readonly verdict: DriftVerdict;
  /** The most frequent first, or in order for scores; the rest as one. */
  readonly bins: readonly DriftBin[];
}

export interface QueueDepth {
  readonly waiting: number;
  readonly claimed: number;
  readonly arriving: number;
  readonly settled: number;
  readonly scoring: number;
  readonly failed: number;
  readonly oldestWaitMin: number | null;
}

export interface StageLatency {
  readonly stage: string;
  readonly count: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
}

export interface DashboardResponse {
  readonly now: string;
  /** The period: studies that arrived since `from`. */
  readonly days: number;
  readonly from: string;
  /** The period before it that drift is measured against. */
  readonly referenceFrom: string;
  readonly all: Turnaround;
  readonly flagged: Turnaround;
  readonly unflagged: Turnaround;
  readonly tiers: readonly TierTurnaround[];
  readonly hours: readonly HourTurnaround[];
  readonly agreement: Agreement;
  readonly drift: readonly Drift[];
  readonly queue: QueueDepth;
  readonly stages: readonly StageLatency[];
}
