/**
 * @file The worker: settles quiet studies, scores settled ones, puts back those that a dead worker left.
 *
 * Which state follows which is asked of the lifecycle; the store only writes it. A study that gets another
 * instance while it is being scored is dropped at once: it will settle again.
 */
import type { Kysely } from "kysely";
import type pg from "pg";

import { ORDER_PRIORITIES } from "../../domain/study.ts";
import type { Subscriber } from "../../store/deliveries.ts";
import { requeueLost } from "../../store/lost-studies.ts";
import { notifyProgress } from "../../store/notifications.ts";
import type { ScoringJob } from "../../store/queue.ts";
import {
  claimJob,
  isCurrent,
  listArriving,
  peekJob,
  putBack,
  settleQuiet,
  storeFailure,
  storeOutcome,
} from "../../store/queue.ts";
import type { Database } from "../../store/schema.ts";
import { StudyHolder } from "../../store/study-holder.ts";
import { nextAnalysis } from "../../triage/lifecycle.ts";
import { Bell } from "../bell.ts";
import { errorText, studyTag, type Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { toOutcome } from "./outcome.ts";
import type { ScoringOptions, ScoringResult } from "./scorer.ts";
import type { ModelSwitch } from "./model-switch.ts";
import { Speculation } from "./speculation.ts";

/** However quiet it is, look this often: for studies of a receiver elsewhere, and for lost workers. */
const SWEEP_MS = 1000;
/** A study is scored ahead once it was quiet for this part of its quiet time, but at most so long. */
const AHEAD_AFTER_PART = 0.25;
const AHEAD_AFTER_MOST_MS = 1000;
/** Progress goes to every open page: not more often than it can be seen. */
const PROGRESS_MS = 200;

export interface AnalysisWorkerOptions {
  readonly db: Kysely<Database>;
  readonly connection: pg.ClientConfig;
  readonly models: Pick<ModelSwitch, "scorer" | "bringTo">;
  readonly settleSeconds: number;
  /** Who is told of findings and failures. */
  readonly subscribers: readonly Subscriber[];
  readonly log: Log;
  readonly metrics: Metrics;
}

const SETTLING = { from: "arriving", to: nextAnalysis("arriving", "quiet") } as const;
const CLAIMING = { from: "settled", to: nextAnalysis("settled", "scoring-started") } as const;
const FOUND = { from: "scoring", to: nextAnalysis("scoring", "finding") } as const;
const NOT_A_HEAD = { from: "scoring", to: nextAnalysis("scoring", "not-a-head") } as const;
const FAILING = { from: "scoring", to: nextAnalysis("scoring", "failure") } as const;
const RETURNING = { from: "scoring", to: nextAnalysis("scoring", "worker-lost") } as const;
const LOSING = {
  from: "scoring",
  again: RETURNING.to,
  giveUp: nextAnalysis("scoring", "failure"),
} as const;

export class AnalysisWorker {
  readonly #options: AnalysisWorkerOptions;
  readonly #holder: StudyHolder;
  readonly #speculation: Speculation;
  readonly #settlerBell = new Bell();
  readonly #scorerBell = new Bell();
  readonly #loops: readonly Promise<void>[];
  #current: { readonly job: ScoringJob; readonly abort: AbortController } | null = null;
  #stopped = false;

  /** Starts at once. */
  constructor(options: AnalysisWorkerOptions) {
    this.#options = options;
    this.#holder = new StudyHolder(options.connection);
    this.#speculation = new Speculation(options.models.scorer);
    this.#loops = [
      this.#loop(this.#settlerBell, () => this.#settle()),
      this.#loop(this.#scorerBell, () => this.#scoreNext()),
    ];
  }

  /** A study changed: there may be something to do, or the study being scored is no longer current. */
  wake(studyInstanceUid: string | null): void {
    this.#settlerBell.ring();
    this.#scorerBell.ring();
    if (studyInstanceUid === null || studyInstanceUid === this.#current?.job.studyInstanceUid) {
      void this.#dropIfOutdated();
    }
    if (studyInstanceUid !== null && studyInstanceUid === this.#speculation.studyInstanceUid) {
      void this.#dropOutdatedAttempt();
    }
  }

  /** Another model was chosen: nothing of the old one is stored any more. */
  modelChanged(): void {
    this.#speculation.clear();
    this.wake(null);
  }

  /** Drops what is under way (it is scored after the next start) and ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#current?.abort.abort();
    this.#speculation.clear();
    this.#settlerBell.ring();
    this.#scorerBell.ring();
    await Promise.all(this.#loops);
    await this.#holder.close();
  }

  /** Run a step again and again; it says how long to rest when nobody rings. */
  async #loop(bell: Bell, step: () => Promise<number>): Promise<void> {
    while (!this.#stopped) {
      const restMs = await step().catch((error: unknown) => {
        this.#options.log("error", "the worker will try again", { reason: errorText(error) });
        return SWEEP_MS;
      });
      if (restMs > 0 && !this.#stopped) await bell.wait(restMs);
    }
  }

  async #settle(): Promise<number> {
    const { db, settleSeconds, subscribers, metrics, log } = this.#options;
    const { settled, nextDueMs } = await settleQuiet(db, settleSeconds, SETTLING);
    if (settled.length > 0) this.#scorerBell.ring();
    metrics.add("firstread_studies_settled_total", settled.length);
    for (const { studyInstanceUid, givenUp } of await requeueLost(db, this.#holder, LOSING, subscribers)) {
      log(
        "warn",
        givenUp ? "study given up: its worker died too often" : "study taken up again: its worker died",
        {
          study: studyTag(studyInstanceUid),
        },
      );
      this.#scorerBell.ring();
    }
    return Math.max(1, Math.min(SWEEP_MS, nextDueMs ?? SWEEP_MS));
  }

  async #scoreNext(): Promise<number> {
    const job = await claimJob(this.#options.db, CLAIMING, ORDER_PRIORITIES, this.#holder);
    if (!job) return this.#scoreAhead();
    const onProgress = this.#progressOf(job);
    const ahead = this.#speculation.take(job, onProgress);
    const abort = ahead?.abort ?? new AbortController();
    this.#current = { job, abort };
    try {
      const { signal } = abort;
      await this.#finish(job, signal, ahead?.result ?? this.#score(job, { signal, onProgress }));
    } finally {
      this.#current = null;
      await this.#holder.letGo(job.studyInstanceUid);
    }
    return 0;
  }

  /** Score with the model that was chosen when the study was claimed. */
  async #score({ modelUseId, instances }: ScoringJob, options: ScoringOptions): Promise<ScoringResult> {
    const { models } = this.#options;
    await models.bringTo(modelUseId);
    return models.scorer.score(instances, options);
  }

  /** Nothing is settled: score the study that will be next, if it stays as it is. */
  async #scoreAhead(): Promise<number> {
    if (this.#speculation.studyInstanceUid !== null) return SWEEP_MS;
    const { db, models, settleSeconds } = this.#options;
    const afterMs = Math.min(AHEAD_AFTER_MOST_MS, settleSeconds * 1000 * AHEAD_AFTER_PART);
    const arriving = await listArriving(db, SETTLING.from);
    const next = arriving.find(
      ({ studyInstanceUid, revision }) => !this.#speculation.knows(studyInstanceUid, revision),
    );
    if (!next) return SWEEP_MS;
    if (next.quietMs < afterMs) return Math.min(SWEEP_MS, Math.ceil(afterMs - next.quietMs));
    const job = await peekJob(db, next);
    if (!job) return 0;
    await models.bringTo(job.modelUseId);
    this.#speculation.begin(job, () => this.#scorerBell.ring());
    return SWEEP_MS;
  }

  /** Wait for a study's result, and store what became of it. An error of the store is not the study's. */
  async #finish(job: ScoringJob, signal: AbortSignal, scoring: Promise<ScoringResult>): Promise<void> {
    const { db, subscribers, log, metrics } = this.#options;
    const study = studyTag(job.studyInstanceUid);
    const startedMs = performance.now();
    const result = await scoring.catch((error: unknown) => {
      if (!signal.aborted) log("error", "scoring failed", { study, reason: errorText(error) });
      return `The analysis failed: ${errorText(error)}`;
    });
    if (signal.aborted) {
      log("info", "scoring dropped", { study });
      await putBack(db, job, RETURNING);
      return;
    }
    const failed = typeof result === "string" ? result : result.failed;
    let isStored: boolean;
    if (typeof result === "string" || failed !== null) {
      isStored = await storeFailure(db, job, FAILING, failed ?? "", subscribers);
      if (isStored) metrics.add("firstread_studies_failed_total");
    } else {
      const move = result.finding ? FOUND : NOT_A_HEAD;
      isStored = await storeOutcome(db, job, move, toOutcome(result, job, new Date()), subscribers);
      if (isStored) this.#count(result.finding?.flagged ?? null, result.slices.length);
    }
    const waitedMs = Math.round(performance.now() - startedMs);
    metrics.add("firstread_finding_wait_seconds_total", waitedMs / 1000);
    metrics.observe("firstread_scoring_seconds", waitedMs / 1000);
    const what = failed === null ? "study scored" : "study failed";
    log("info", isStored ? what : "result thrown away: the study has changed since", { study, waitedMs });
  }

  #count(flagged: boolean | null, slices: number): void {
    const { metrics } = this.#options;
    if (flagged === null) return metrics.add("firstread_studies_not_applicable_total");
    metrics.add("firstread_studies_scored_total");
    metrics.add("firstread_slices_scored_total", slices);
    if (flagged) metrics.add("firstread_studies_flagged_total");
  }

  #progressOf({ studyInstanceUid }: ScoringJob): (done: number, total: number) => void {
    let lastMs = 0;
    return (done, total) => {
      const nowMs = performance.now();
      if (done < total && nowMs - lastMs < PROGRESS_MS) return;
      lastMs = nowMs;
      // Only for the eye: one that is lost is not missed.
      notifyProgress(this.#options.db, { studyInstanceUid, done, total }).catch(() => undefined);
    };
  }

  /** Stop scoring a study that has got another instance since it was claimed. */
  async #dropIfOutdated(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    const isStill = await isCurrent(this.#options.db, current.job, "scoring").catch(() => true);
    if (!isStill) current.abort.abort();
  }

  /** Stop scoring ahead a study that has got another instance since. */
  async #dropOutdatedAttempt(): Promise<void> {
    const arriving = await listArriving(this.#options.db, SETTLING.from).catch(() => []);
    const uid = this.#speculation.studyInstanceUid;
    const now = arriving.find(({ studyInstanceUid }) => studyInstanceUid === uid);
    if (now && !this.#speculation.knows(now.studyInstanceUid, now.revision)) this.#speculation.stop(uid);
  }
}
