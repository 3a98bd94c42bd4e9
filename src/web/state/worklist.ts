/**
 * @file The worklist in the page: what the server said, ranked here with the server's own rule.
 *
 * Events are gathered for one frame and ranked once. Ranking again as time passes promotes what has waited
 * too long. Pure of the DOM but for the frame; the rules are `rankWorklist` and `movesBetween`.
 */
import type { WorklistResponse } from "../../domain/api.ts";
import type { ModelReference } from "../../domain/finding.ts";
import type { Policy, PolicyInUse } from "../../domain/policy.ts";
import type { AnalysisState, RankedItem, WorklistItem } from "../../domain/worklist.ts";
import { rankWorklist } from "../../triage/rank.ts";
import type { Progress } from "../words.ts";
import { movesBetween } from "./moves.ts";
import type { Move } from "./moves.ts";

export interface WorklistSnapshot {
  readonly status: "loading" | "ready" | "failed";
  /** Why the list could not be loaded; "" otherwise. */
  readonly problem: string;
  readonly connected: boolean;
  /** The model that scores now; null while that is not known. */
  readonly model: ModelReference | null;
  /** The policy that ranks; null before the server named it. */
  readonly policy: PolicyInUse | null;
  readonly ranked: readonly RankedItem[];
  readonly byUid: ReadonlyMap<string, RankedItem>;
  /** What moved lately, by UID; entries leave after `MOVE_SHOWN_MS`. */
  readonly moves: ReadonlyMap<string, Move>;
}

/** How long a row says that it moved. */
export const MOVE_SHOWN_MS = 8000;

const ENDED: ReadonlySet<AnalysisState> = new Set(["scored", "not-applicable", "failed"]);

export class WorklistStore {
  #snapshot: WorklistSnapshot = {
    status: "loading",
    problem: "",
    connected: true,
    model: null,
    policy: null,
    ranked: [],
    byUid: new Map(),
    moves: new Map(),
  };
  readonly #items = new Map<string, WorklistItem>();
  readonly #progress = new Map<string, Progress>();
  readonly #listeners = new Set<() => void>();
  /** Ranks until the server has named another. */
  readonly #firstPolicy: Policy;
  readonly #nowMs: () => number;
  readonly #schedule: (task: () => void) => void;
  #isScheduled = false;

  /** @param schedule runs a task once, soon: in the page with the next frame */
  constructor(policy: Policy, nowMs: () => number, schedule: (task: () => void) => void) {
    this.#firstPolicy = policy;
    this.#nowMs = nowMs;
    this.#schedule = schedule;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): WorklistSnapshot => this.#snapshot;

  readonly progressOf = (uid: string): Progress | undefined => this.#progress.get(uid);

  /**
   * Take the whole list. Rows in `newer` arrived as events while it was on its way and stay as they are.
   */
  replaceAll({ items, model, policy }: WorklistResponse, newer: ReadonlySet<string>): void {
    const kept = [...newer].flatMap((uid) => this.#items.get(uid) ?? []);
    this.#items.clear();
    for (const item of [...items, ...kept]) this.#items.set(item.studyInstanceUid, item);
    this.#rank({ status: "ready", problem: "", model, policy });
  }

  /** Take one row. */
  upsert(item: WorklistItem): void {
    this.#items.set(item.studyInstanceUid, item);
    // Only an end ends it: a progress may overtake the row that says that scoring has begun.
    if (ENDED.has(item.analysis)) this.#progress.delete(item.studyInstanceUid);
    if (this.#snapshot.status !== "ready") return;
    this.#later();
  }

  setProgress(uid: string, progress: Progress): void {
    this.#progress.set(uid, progress);
    this.#notify();
  }

  setModel(model: ModelReference): void {
    this.#publish({ model });
  }

  /** The same rules with a problem that came or went; other rules come with a whole list. */
  setPolicy(policy: PolicyInUse): void {
    this.#publish({ policy });
  }

  setConnected(connected: boolean): void {
    if (connected !== this.#snapshot.connected) this.#publish({ connected });
  }

  /** The list could not be loaded; what is known stays. */
  setProblem(problem: string): void {
    this.#publish({ problem, ...(this.#snapshot.status === "loading" ? { status: "failed" as const } : {}) });
  }

  /** Rank again: time has passed. */
  refresh(): void {
    if (this.#snapshot.status === "ready") this.#rank({});
  }

  #later(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      this.#rank({});
    });
  }

  /** Plain loops: this runs over every row of the list for every event. */
  #rank(change: Partial<WorklistSnapshot>): void {
    const before = this.#snapshot;
    const nowMs = this.#nowMs();
    const { policy = this.#firstPolicy } = change.policy ?? before.policy ?? {};
    const ranked = rankWorklist([...this.#items.values()], policy, nowMs);
    const byUid = new Map<string, RankedItem>();
    let isUnchanged = ranked.length === before.ranked.length;
    for (let i = 0; i < ranked.length; i++) {
      const next = ranked[i];
      if (!next) continue;
      // An unchanged row keeps its identity, so that React leaves it alone.
      const uid = next.item.studyInstanceUid;
      const last = before.byUid.get(uid);
      const row = last && isSameRow(last, next) ? last : next;
      ranked[i] = row;
      byUid.set(uid, row);
      if (row !== before.ranked[i]) isUnchanged = false;
    }
    const moves = new Map([...before.moves].filter(([, move]) => nowMs - move.atMs < MOVE_SHOWN_MS));
    if (before.status === "ready" && !isUnchanged) {
      for (const move of movesBetween(before.byUid, ranked, nowMs)) moves.set(move.uid, move);
    }
    const isQuiet = isUnchanged && moves.size === before.moves.size && Object.keys(change).length === 0;
    if (isQuiet) return;
    this.#publish({ ...change, moves, ...(isUnchanged ? {} : { ranked, byUid }) });
  }

  #publish(change: Partial<WorklistSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    this.#notify();
  }

  #notify(): void {
    for (const notify of this.#listeners) notify();
  }
}

function isSameRow(last: RankedItem, next: RankedItem): boolean {
  return (
    last.item === next.item &&
    last.rank === next.rank &&
    last.priority.tier === next.priority.tier &&
    last.priority.reason === next.priority.reason
  );
}
