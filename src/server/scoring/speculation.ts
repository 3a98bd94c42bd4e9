/**
 * @file Scoring ahead: while a quiet study waits to be taken for complete, it is scored as it stands.
 *
 * Nothing is written. When the study settles as it was, its result is there already; when another instance
 * came, the work is thrown away. So the quiet time, which is for the sender's sake, costs the reader nothing.
 */
import type { ScoringJob } from "../../store/queue.ts";
import type { Scorer, ScoringOptions, ScoringResult } from "./scorer.ts";

/** Results that wait for their studies to settle; the oldest go first. */
const MOST_KEPT = 16;

interface Attempt {
  readonly revision: number;
  readonly result: Promise<ScoringResult>;
  readonly abort: AbortController;
  /** Nobody wants the progress of a study that has not settled. */
  readonly listener: { onProgress: ScoringOptions["onProgress"] };
  hasFailed: boolean;
}

export class Speculation {
  readonly #scorer: Scorer;
  readonly #attempts = new Map<string, Attempt>();
  #underWay: string | null = null;

  constructor(scorer: Scorer) {
    this.#scorer = scorer;
  }

  /** The study that is being scored ahead now, or null. */
  get studyInstanceUid(): string | null {
    return this.#underWay;
  }

  /** Whether the study was tried at this revision. */
  knows(studyInstanceUid: string, revision: number): boolean {
    return this.#attempts.get(studyInstanceUid)?.revision === revision;
  }

  /** Begin to score a study; `whenDone` is called however it ends. */
  begin({ studyInstanceUid, revision, instances }: ScoringJob, whenDone: () => void): void {
    const abort = new AbortController();
    const listener: Attempt["listener"] = { onProgress: () => undefined };
    const onProgress = (done: number, total: number) => listener.onProgress(done, total);
    const result = this.#scorer.score(instances, { signal: abort.signal, onProgress });
    const attempt: Attempt = { revision, result, abort, listener, hasFailed: false };
    this.#attempts.delete(studyInstanceUid);
    this.#attempts.set(studyInstanceUid, attempt);
    for (const oldest of this.#attempts.keys()) {
      if (this.#attempts.size <= MOST_KEPT) break;
      this.#attempts.delete(oldest);
    }
    this.#underWay = studyInstanceUid;
    result
      .catch(() => {
        // Not tried again ahead: what went wrong is said when the study is scored in earnest.
        attempt.hasFailed = true;
      })
      .finally(() => {
        this.#underWay = null;
        whenDone();
      })
      .catch(() => undefined);
  }

  /**
   * The attempt at a study that has settled, finished or under way: its result, and how to stop it. null when
   * there is none at its revision; then whatever else is under way is stopped to make room.
   */
  take(job: ScoringJob, onProgress: ScoringOptions["onProgress"]): Pick<Attempt, "result" | "abort"> | null {
    const attempt = this.#attempts.get(job.studyInstanceUid);
    this.#attempts.delete(job.studyInstanceUid);
    if (this.#underWay !== null && this.#underWay !== job.studyInstanceUid) this.stop(this.#underWay);
    if (attempt?.revision !== job.revision || attempt.hasFailed) {
      attempt?.abort.abort();
      return null;
    }
    attempt.listener.onProgress = onProgress;
    return attempt;
  }

  /** Give up the attempt at a study. */
  stop(studyInstanceUid: string | null): void {
    if (studyInstanceUid === null) return;
    this.#attempts.get(studyInstanceUid)?.abort.abort();
    this.#attempts.delete(studyInstanceUid);
  }

  /** Give up every attempt, finished or under way. */
  clear(): void {
    this.stop(this.#underWay);
    this.#attempts.clear();
  }
}
