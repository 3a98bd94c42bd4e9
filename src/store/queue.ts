/**
 * @file The queue of studies to score: the study table itself.
 *
 * `analysis` says how far a study is; a worker claims a settled one with `FOR UPDATE SKIP LOCKED` and holds
 * an advisory lock on it for as long as it scores. A worker that dies loses its connection and so its locks:
 * whoever looks next sees a study that is being scored by nobody and puts it back. A result is stored only
 * when the study is still being scored at the revision that was claimed, so running a job twice changes
 * nothing and an old result never overwrites a new one.
 */
import { sql, type Kysely, type Selectable, type Transaction, type Updateable } from "kysely";
import type { SliceFinding, Saliency } from "../domain/finding.ts";
import type { SeriesChoice, Skipped } from "../domain/study.ts";
import type { AnalysisState, FindingSummary } from "../domain/worklist.ts";
import { addAudit, OURSELVES } from "./audit.ts";
import { enqueue, type StudyNews, type Subscriber } from "./deliveries.ts";
import { notifyStudy } from "./notifications.ts";
import type { Database, StudyTable, StudyTiming } from "./schema.ts";
import type { StudyHolder } from "./study-holder.ts";

/** From which state of analysis to which. The lifecycle itself is `src/triage`'s. */
export interface Move {
  readonly from: AnalysisState;
  readonly to: AnalysisState;
}

/**
 * Settle every study whose last instance came at least so long ago.
 * @returns how many milliseconds until the next one is due; null when none is arriving.
 */
export async function settleQuiet(
  db: Kysely<Database>,
  quietSeconds: number,
  { from, to }: Move,
): Promise<{ readonly settled: readonly string[]; readonly nextDueMs: number | null }> {
  const quiet = sql<Date>`now() - make_interval(secs => ${quietSeconds})`;
  const settled = await db
    .updateTable("study")
    .set({ analysis: to })
    .where("analysis", "=", from)
    .where("last_instance_at", "<=", quiet)
    .returning("study_instance_uid")
    .execute();
  for (const { study_instance_uid: uid } of settled) await notifyStudy(db, uid);
  const next = await db
    .selectFrom("study")
    .select(
      sql<number | null>`extract(epoch FROM min(last_instance_at) - ${quiet})::float8 * 1000`.as("due_ms"),
    )
    .where("analysis", "=", from)
    .executeTakeFirst();
  const due = next?.due_ms ?? null;
  return {
    settled: settled.map((row) => row.study_instance_uid),
    nextDueMs: due === null ? null : Math.max(0, Math.ceil(due)),
  };
}

/** A study to be scored, as it stood when it was claimed. */
export interface ScoringJob {
  readonly studyInstanceUid: string;
  readonly revision: number;
  /** The choice of model that held then (`model_use`): whoever scores must have that model. null: none was made. */
  readonly modelUseId: number | null;
  readonly settledAt: Date;
  readonly instances: readonly JobInstance[];
}

export interface JobInstance {
  readonly sopInstanceUid: string;
  readonly objectKey: string;
  /** What `parseHeader` gave when the instance was received. */
  readonly header: object;
}

/**
 * Claim the settled study whose turn it is (by clinical priority, then arrival), or null. Its lock is taken
 * before anyone can see it being scored.
 */
export async function claimJob(
  db: Kysely<Database>,
  { from, to }: Move,
  orderPriorities: readonly string[],
  holder: StudyHolder,
): Promise<ScoringJob | null> {
  return db.transaction().execute(async (trx) => {
    const study = await trx
      .selectFrom("study")
      .select(["study_instance_uid", "revision", sql<Date>`now()`.as("now")])
      .where("analysis", "=", from)
      .orderBy(sql`array_position(${[...orderPriorities]}::text[], header->>'orderPriority')`)
      .orderBy("arrived_at")
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (!study) return null;
    const uid = study.study_instance_uid;
    if (!(await holder.hold(uid))) return null;
    await trx.updateTable("study").set({ analysis: to }).where("study_instance_uid", "=", uid).execute();
    await notifyStudy(trx, uid);
    // After the row is locked: whoever chose a model since has raised its revision, or waits to.
    const modelUseId = await modelUseIdOf(trx);
    const { revision, now: settledAt } = study;
    const instances = await instancesOf(trx, uid);
    return { studyInstanceUid: uid, revision, modelUseId, settledAt, instances };
  });
}

async function modelUseIdOf(db: Kysely<Database>): Promise<number | null> {
  const row = await db
    .selectFrom("model_use")
    .select((on) => on.fn.max("id").as("id"))
    .executeTakeFirst();
  return row?.id ?? null;
}

async function instancesOf(db: Kysely<Database>, studyInstanceUid: string): Promise<JobInstance[]> {
  const rows = await db
    .selectFrom("instance")
    .select(["sop_instance_uid", "object_key", "header"])
    .where("study_instance_uid", "=", studyInstanceUid)
    .orderBy("sop_instance_uid")
    .execute();
  return rows.map((row) => ({
    sopInstanceUid: row.sop_instance_uid,
    objectKey: row.object_key,
    header: row.header,
  }));
}

/** A study that is still arriving, and for how long nothing came. */
export interface ArrivingStudy {
  readonly studyInstanceUid: string;
  readonly revision: number;
  readonly quietMs: number;
}

/** The studies in a state, the quietest first. */
export async function listArriving(db: Kysely<Database>, state: AnalysisState): Promise<ArrivingStudy[]> {
  const rows = await db
    .selectFrom("study")
    .select([
      "study_instance_uid",
      "revision",
      sql<number>`extract(epoch FROM clock_timestamp() - last_instance_at)::float8 * 1000`.as("quiet_ms"),
    ])
    .where("analysis", "=", state)
    .orderBy("last_instance_at")
    .execute();
  return rows.map((row) => ({
    studyInstanceUid: row.study_instance_uid,
    revision: row.revision,
    quietMs: row.quiet_ms,
  }));
}

/** A study as a job, without claiming it; null when it has changed since it was listed. */
export async function peekJob(
  db: Kysely<Database>,
  { studyInstanceUid, revision }: ArrivingStudy,
): Promise<ScoringJob | null> {
  // In one snapshot: the instances are those of the revision.
  return db
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute(async (trx) => {
      const study = await trx
        .selectFrom("study")
        .select(sql<Date>`now()`.as("now"))
        .where("study_instance_uid", "=", studyInstanceUid)
        .where("revision", "=", revision)
        .executeTakeFirst();
      if (!study) return null;
      const instances = await instancesOf(trx, studyInstanceUid);
      const modelUseId = await modelUseIdOf(trx);
      return { studyInstanceUid, revision, modelUseId, settledAt: study.now, instances };
    });
}

/** Whether a claimed study is still to be scored at its revision. */
export async function isCurrent(
  db: Kysely<Database>,
  job: ScoringJob,
  state: AnalysisState,
): Promise<boolean> {
  const row = await db
    .selectFrom("study")
    .select("revision")
    .where("study_instance_uid", "=", job.studyInstanceUid)
    .where("analysis", "=", state)
    .where("revision", "=", job.revision)
    .executeTakeFirst();
  return row !== undefined;
}

/** One slice with its map, as it is stored. */
export interface StoredSlice extends Omit<SliceFinding, "file"> {
  readonly frame: number;
  readonly rows: number;
  readonly columns: number;
  readonly spacingMm: readonly [number, number];
  readonly thicknessMm: number | null;
  readonly saliency: Saliency;
}

/** What became of a scoring. */
export interface ScoringOutcome {
  readonly analysisReason: string;
  readonly finding: FindingSummary | null;
  readonly series: readonly SeriesChoice[];
  /** In position order. */
  readonly slices: readonly StoredSlice[];
  readonly skipped: readonly Skipped[];
  readonly timing: StudyTiming | null;
  /** One line for the history. */
  readonly summary: string;
}

/** A row has 17 columns; PostgreSQL takes 65,535 parameters a statement. */
const SLICES_A_STATEMENT = 500;

/**
 * Store what became of a job, in one transaction with its audit entry and with what is told to the outside. A study
 * that was already read waits again when images that came after the reading turn its finding into a suspected bleed.
 * @returns false when the study has moved on since (then nothing is written).
 */
export async function storeOutcome(
  db: Kysely<Database>,
  job: ScoringJob,
  move: Move,
  outcome: ScoringOutcome,
  subscribers: readonly Subscriber[],
): Promise<boolean> {
  const { finding, series, skipped, timing, slices, analysisReason, summary } = outcome;
  const set = {
    analysis_reason: analysisReason,
    skipped_count: skipped.length,
    finding: finding && JSON.stringify(finding),
    series: JSON.stringify(series),
    skipped: JSON.stringify(skipped),
    timing: timing && JSON.stringify(timing),
  };
  return moveOn(db, job, { ...move, set, summary }, async (trx, before) => {
    if (before.reading === "read" && finding?.flagged && !before.finding?.flagged) {
      await reopen(trx, job.studyInstanceUid);
    }
    const event = flagEvent(before.finding, finding);
    if (event) await enqueue(trx, subscribers, newsOf(job, event, finding));
    await trx.deleteFrom("slice").where("study_instance_uid", "=", job.studyInstanceUid).execute();
    const rows = slices.map((slice, index) => toRow(job.studyInstanceUid, slice, index));
    for (let start = 0; start < rows.length; start += SLICES_A_STATEMENT) {
      await trx
        .insertInto("slice")
        .values(rows.slice(start, start + SLICES_A_STATEMENT))
        .execute();
    }
  });
}

/**
 * Store that a job failed, and why. A finding from before stays: a failure never takes a study down the list.
 * @returns false when the study has moved on since (then nothing is written).
 */
export async function storeFailure(
  db: Kysely<Database>,
  job: ScoringJob,
  move: Move,
  reason: string,
  subscribers: readonly Subscriber[],
): Promise<boolean> {
  const set = { analysis_reason: reason };
  return moveOn(db, job, { ...move, set, summary: reason }, async (trx) => {
    await enqueue(trx, subscribers, newsOf(job, "failed", null));
  });
}

/** What a new finding is news of, beside the one before it. */
function flagEvent(before: FindingSummary | null, after: FindingSummary | null): StudyNews["event"] | null {
  const [was, is] = [before?.flagged === true, after?.flagged === true];
  return was === is ? null : is ? "flagged" : "cleared";
}

const newsOf = (
  { studyInstanceUid }: ScoringJob,
  event: StudyNews["event"],
  finding: FindingSummary | null,
): StudyNews => ({ event, studyInstanceUid, facts: { finding, tier: null, reason: "" } });

/** Give a job back that was not finished, for whoever is next. */
export async function putBack(db: Kysely<Database>, job: ScoringJob, move: Move): Promise<boolean> {
  return moveOn(
    db,
    job,
    { ...move, set: {}, summary: "Stopped before it was scored." },
    async () => undefined,
  );
}

/** A read study waits again, and the history says why. */
async function reopen(trx: Transaction<Database>, studyInstanceUid: string): Promise<void> {
  await trx
    .updateTable("study")
    .set({ reading: "waiting", reader: null, claimed_at: null, read_at: null })
    .where("study_instance_uid", "=", studyInstanceUid)
    .execute();
  const detail = "Images that came after the reading changed the finding.";
  await addAudit(trx, { who: OURSELVES, what: "reopen", studyInstanceUid, detail });
}

/** What a row said before a job's end was written. */
type Before = Pick<Selectable<StudyTable>, "reading" | "finding">;

/** Write a job's end, if the study still is where the job left it. */
async function moveOn(
  db: Kysely<Database>,
  { studyInstanceUid, revision }: ScoringJob,
  { from, to, set, summary }: Move & { set: Updateable<StudyTable>; summary: string },
  andAlso: (trx: Transaction<Database>, before: Before) => Promise<void>,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom("study")
      .select(["reading", "finding"])
      .where("study_instance_uid", "=", studyInstanceUid)
      .where("analysis", "=", from)
      .where("revision", "=", revision)
      .forUpdate()
      .executeTakeFirst();
    if (!before) return false;
    await trx
      .updateTable("study")
      .set({ ...set, analysis: to })
      .where("study_instance_uid", "=", studyInstanceUid)
      .execute();
    await andAlso(trx, before);
    await addAudit(trx, { who: OURSELVES, what: to, studyInstanceUid, detail: summary });
    await notifyStudy(trx, studyInstanceUid);
    return true;
  });
}

function toRow(studyInstanceUid: string, slice: StoredSlice, index: number) {
  const { values } = slice.saliency;
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, 4 * i);
  return {
    study_instance_uid: studyInstanceUid,
    index,
    sop_instance_uid: slice.sopInstanceUid,
    frame: slice.frame,
    position_mm: slice.positionMm,
    thickness_mm: slice.thicknessMm,
    rows: slice.rows,
    columns: slice.columns,
    row_mm: slice.spacingMm[0],
    column_mm: slice.spacingMm[1],
    probability: slice.probability,
    saliency_rows: slice.saliency.rows,
    saliency_columns: slice.saliency.columns,
    saliency_values: bytes,
    saliency_peak: slice.saliency.peak,
    region: JSON.stringify(slice.saliency.region),
  };
}
