/**
 * @file The ranked list as DICOM's services read it: unread first, then what was read within a day.
 */
import type { Kysely } from "kysely";

import type { RankedItem } from "../domain/worklist.ts";
import type { Database } from "../store/schema.ts";
import { findItems, listWorklist } from "../store/studies.ts";
import { attributesOf } from "../triage/policy.ts";
import { prioritize } from "../triage/prioritize.ts";
import { rankWorklist } from "../triage/rank.ts";
import type { PolicyService } from "./policy/policy-service.ts";
import type { FoundStudy } from "./query/attributes.ts";
import { READ_STAYS_MS } from "./ranking.ts";

export interface RankedList {
  readonly items: readonly RankedItem[];
  /** Studies read before this instant are not in it. */
  readonly readSince: Date;
}

export async function readRankedList(db: Kysely<Database>, { policy }: PolicyService): Promise<RankedList> {
  const nowMs = Date.now();
  const readSince = new Date(nowMs - READ_STAYS_MS);
  const items = await listWorklist(db, readSince, attributesOf(policy));
  return { items: rankWorklist(items, policy, nowMs), readSince };
}

/** One study with its priority, without its rank; null when it is unknown. */
export async function findPrioritized(
  db: Kysely<Database>,
  { policy }: PolicyService,
  studyInstanceUid: string,
): Promise<FoundStudy | null> {
  const [item] = await findItems(db, [studyInstanceUid], attributesOf(policy));
  return item ? { item, priority: prioritize(item, policy, Date.now()), rank: null } : null;
}
