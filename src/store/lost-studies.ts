/**
 * @file Studies whose worker died: being scored, and held by nobody. They are put back, and given up when it
 * happens too often.
 */
import type { Kysely } from "kysely";

import type { AnalysisState } from "../domain/worklist.ts";
import { addAudit, OURSELVES } from "./audit.ts";
import { enqueue, type Subscriber } from "./deliveries.ts";
import { notifyStudy } from "./notifications.ts";
import type { Database } from "./schema.ts";
import type { StudyHolder } from "./study-holder.ts";

/** A study whose worker died so often since its last instance came is not tried again. */
const MOST_LOSSES = 5;

/** A study that was being scored by nobody. */
export interface LostStudy {
  readonly studyInstanceUid: string;
  /** It was lost too often, and is given up. */
  readonly givenUp: boolean;
}

/** Put back the studies whose worker is gone: those in state `from` that nobody holds. Giving one up is told. */
export async function requeueLost(
  db: Kysely<Database>,
  holder: StudyHolder,
  { from, again, giveUp }: { from: AnalysisState; again: AnalysisState; giveUp: AnalysisState },
  subscribers: readonly Subscriber[],
): Promise<LostStudy[]> {
  const rows = await db
    .selectFrom("study")
    .select(["study_instance_uid", "last_instance_at"])
    .where("analysis", "=", from)
    .execute();
  const lost: LostStudy[] = [];
  for (const { study_instance_uid: uid, last_instance_at: since } of rows) {
    if (!(await holder.hold(uid))) continue;
    try {
      const givenUp = (await countLosses(db, uid, since)) >= MOST_LOSSES;
      const set = givenUp
        ? {
            analysis: giveUp,
            analysis_reason: `The worker died ${MOST_LOSSES + 1} times while scoring this study.`,
          }
        : { analysis: again };
      const isOurs = await db.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable("study")
          .set(set)
          .where("study_instance_uid", "=", uid)
          .where("analysis", "=", from)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        const detail = givenUp ? "Given up." : "Will be scored again.";
        await addAudit(trx, { who: OURSELVES, what: LOST, studyInstanceUid: uid, detail });
        const facts = { finding: null, tier: null, reason: "" };
        if (givenUp) await enqueue(trx, subscribers, { event: "failed", studyInstanceUid: uid, facts });
        await notifyStudy(trx, uid);
        return true;
      });
      if (!isOurs) continue;
      lost.push({ studyInstanceUid: uid, givenUp });
    } finally {
      await holder.letGo(uid);
    }
  }
  return lost;
}

const LOST = "worker lost";

async function countLosses(db: Kysely<Database>, studyInstanceUid: string, since: Date): Promise<number> {
  const row = await db
    .selectFrom("audit")
    .select((on) => on.fn.countAll<number>().as("count"))
    .where("study_instance_uid", "=", studyInstanceUid)
    .where("what", "=", LOST)
    .where("at", ">=", since)
    .executeTakeFirst();
  return row?.count ?? 0;
}
