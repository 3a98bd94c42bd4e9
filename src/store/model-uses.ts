/**
 * @file Which model package scores: every choice that was made, by whom; the last one holds.
 *
 * A choice is one transaction with its audit entries and with what it does to the studies: what is under way
 * begins again (its revision rises, so that a result of the old model is thrown away), and what has been
 * scored and not been read is scored again where that was asked for.
 */
import { sql, type Kysely, type Selectable, type Transaction } from "kysely";

import type { AnalysisState, FindingSummary } from "../domain/worklist.ts";
import { addAudit } from "./audit.ts";
import { notifyModel } from "./notifications.ts";
import type { Database, ModelUseTable, StudyTable } from "./schema.ts";

export type ModelUse = Selectable<ModelUseTable>;

/** The choice that holds, or null when none was ever made. */
export async function currentModelUse(db: Kysely<Database>): Promise<ModelUse | null> {
  const row = await db.selectFrom("model_use").selectAll().orderBy("id", "desc").limit(1).executeTakeFirst();
  return row ?? null;
}

/** When each package was chosen last: digest → instant. */
export async function lastModelUses(db: Kysely<Database>): Promise<ReadonlyMap<string, Date>> {
  const rows = await db
    .selectFrom("model_use")
    .select(["digest", (on) => on.fn.max("at").as("at")])
    .groupBy("digest")
    .execute();
  return new Map(rows.map(({ digest, at }) => [digest, at]));
}

export interface ModelChoice {
  readonly who: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** Where the package came from. */
  readonly source: string;
  /** What scored until now, in words. */
  readonly before: string;
  /** The states of a study that is to be scored: put back there from `underWay`, and from `again` when asked. */
  readonly queued: AnalysisState;
  readonly waiting: readonly AnalysisState[];
  readonly underWay: AnalysisState;
  /** States of studies that have been scored: empty when they stay as they are. */
  readonly again: readonly AnalysisState[];
}

/** Make a choice. @returns its row, and how many studies are scored again */
export async function chooseModel(
  db: Kysely<Database>,
  choice: ModelChoice,
): Promise<{ readonly use: ModelUse; readonly rescored: number }> {
  const { who, name, version, digest, source, before, queued, waiting, underWay, again } = choice;
  return db.transaction().execute(async (trx) => {
    const use = await trx
      .insertInto("model_use")
      .values({ who, name, version, digest, source })
      .returningAll()
      .executeTakeFirstOrThrow();
    const detail = `from ${before} to ${name} ${version} (${digest})`;
    await addAudit(trx, { who, what: "model chosen", studyInstanceUid: null, detail });
    const begunAgain = await trx
      .updateTable("study")
      .set({
        revision: sql<number>`revision + 1`,
        analysis: sql<AnalysisState>`CASE WHEN analysis = ${underWay} THEN ${queued} ELSE analysis END`,
      })
      .where("analysis", "in", [...waiting, underWay])
      .returning("study_instance_uid")
      .execute();
    const rescored = again.length === 0 ? [] : await scoreAgain(trx, again, queued);
    await keepInHistory(trx, rescored, who, `${name} ${version}`);
    const changed = [...begunAgain, ...rescored].map((row) => row.study_instance_uid);
    await notifyModel(trx, changed);
    return { use, rescored: rescored.length };
  });
}

type Rescored = Pick<Selectable<StudyTable>, "study_instance_uid" | "finding" | "analysis_reason">;

/** Put every study that was scored and not read back. @returns what each said before */
async function scoreAgain(
  trx: Transaction<Database>,
  again: readonly AnalysisState[],
  queued: AnalysisState,
): Promise<Rescored[]> {
  const rows = await trx
    .selectFrom("study")
    .select(["study_instance_uid", "finding", "analysis_reason"])
    .where("reading", "<>", "read")
    .where("analysis", "in", again)
    .forUpdate()
    .execute();
  const uids = rows.map((row) => row.study_instance_uid);
  if (uids.length > 0) {
    await trx
      .updateTable("study")
      .set({ analysis: queued, analysis_reason: "" })
      .where(sql<boolean>`study_instance_uid = ANY(${uids}::text[])`)
      .execute();
  }
  return rows;
}

/** The row's finding is replaced when the new one is there; the old one stays in the history. */
async function keepInHistory(
  trx: Transaction<Database>,
  rows: readonly Rescored[],
  who: string,
  model: string,
): Promise<void> {
  for (const { study_instance_uid: studyInstanceUid, finding, analysis_reason: reason } of rows) {
    const detail = `by ${model}; until now: ${finding ? inWords(finding) : reason}`;
    await addAudit(trx, { who, what: "asked for a new score", studyInstanceUid, detail });
  }
}

const inWords = ({ label, probability, threshold, model }: FindingSummary): string =>
  `${label}, probability ${probability.toFixed(3)} (threshold ${threshold.toFixed(3)}), by ${model.name} ${model.version}`;
