/**
 * @file Workitems in order: the open ones as their studies are ranked, then those that ended, latest first.
 */
import type { Kysely } from "kysely";

import type { SearchQuery } from "../../dicom/web/search-query.ts";
import { isFound } from "../../dicom/web/search-query.ts";
import type { DicomObject } from "../../domain/dicom-json.ts";
import type { RankedItem } from "../../domain/worklist.ts";
import { listInstances, listSeries } from "../../store/query-rows.ts";
import type { Database } from "../../store/schema.ts";
import { findItems } from "../../store/studies.ts";
import type { WorkitemRow } from "../../store/workitems.ts";
import {
  findWorkitem,
  listEndedWorkitems,
  listOpenWorkitems,
  listWorkitemsOf,
} from "../../store/workitems.ts";
import type { FoundStudy } from "../query/attributes.ts";
import type { RankedList } from "../ranked-list.ts";
import { workitemAttributes } from "./attributes.ts";

export interface UpsContext {
  readonly db: Kysely<Database>;
  readonly ranked: () => Promise<RankedList>;
}

const CHUNK = 100;
const STATE = "00741000";

/** One workitem whole, its instances too, or null. */
export async function readWorkitem(
  { db, ranked }: UpsContext,
  workitemUid: string,
  baseUrl: string,
): Promise<DicomObject | null> {
  const workitem = await findWorkitem(db, workitemUid);
  if (!workitem) return null;
  const uid = workitem.study_instance_uid;
  const { items } = await ranked();
  const inList = items.find(({ item }) => item.studyInstanceUid === uid);
  const [known] = inList ? [inList.item] : await findItems(db, [uid], []);
  if (!known) return null;
  const [series, instances] = await Promise.all([listSeries(db, [uid]), listInstances(db, uid, null)]);
  return workitemAttributes({ workitem, study: inList ?? unranked(known), series, instances, baseUrl });
}

/** All workitems of a study, as they are stored and as they are returned, without instances. */
export async function readStudyWorkitems(
  db: Kysely<Database>,
  study: FoundStudy,
): Promise<{ readonly row: WorkitemRow; readonly workitem: DicomObject }[]> {
  const uid = study.item.studyInstanceUid;
  const [rows, series] = await Promise.all([listWorkitemsOf(db, uid), listSeries(db, [uid])]);
  return rows.map((row) => ({
    row,
    workitem: workitemAttributes({ workitem: row, study, series, instances: null, baseUrl: "" }),
  }));
}

const unranked = (item: RankedItem["item"]): FoundStudy => ({ item, priority: null, rank: null });

/** The workitems that a search finds, whole but for their instances. */
export async function* findWorkitems(
  context: UpsContext,
  query: Pick<SearchQuery, "filters">,
  baseUrl: string,
): AsyncGenerator<DicomObject> {
  const { items } = await context.ranked();
  const states = query.filters.filter(({ path }) => path.length === 1 && path[0] === STATE);
  const isWanted = (state: string): boolean =>
    states.every(({ matches }) => matches({ vr: "CS", Value: [state] }));
  const open = items.filter(
    ({ item }) =>
      item.reading !== "read" && isWanted(item.reading === "claimed" ? "IN PROGRESS" : "SCHEDULED"),
  );
  for (let at = 0; at < open.length; at += CHUNK) {
    const chunk = open.slice(at, at + CHUNK);
    const rows = await listOpenWorkitems(
      context.db,
      chunk.map(({ item }) => item.studyInstanceUid),
    );
    const byStudy = new Map(rows.map((row) => [row.study_instance_uid, row]));
    const pairs = chunk.flatMap((study) => {
      const workitem = byStudy.get(study.item.studyInstanceUid);
      return workitem ? [{ workitem, study }] : [];
    });
    yield* matching(context, pairs, query, baseUrl);
  }
  if (isWanted("COMPLETED") || isWanted("CANCELED")) yield* findEnded(context, items, query, baseUrl);
}

async function* findEnded(
  context: UpsContext,
  ranked: readonly RankedItem[],
  query: Pick<SearchQuery, "filters">,
  baseUrl: string,
): AsyncGenerator<DicomObject> {
  const inList = new Map<string, FoundStudy>(ranked.map((study) => [study.item.studyInstanceUid, study]));
  let last: WorkitemRow | null = null;
  for (;;) {
    const rows = await listEndedWorkitems(context.db, last, CHUNK);
    const unknown = rows.map((row) => row.study_instance_uid).filter((uid) => !inList.has(uid));
    const older = unknown.length === 0 ? [] : await findItems(context.db, unknown, []);
    const byUid = new Map(older.map((item) => [item.studyInstanceUid, unranked(item)]));
    const pairs = rows.flatMap((workitem) => {
      const uid = workitem.study_instance_uid;
      const study = inList.get(uid) ?? byUid.get(uid);
      return study ? [{ workitem, study }] : [];
    });
    yield* matching(context, pairs, query, baseUrl);
    last = rows.at(-1) ?? null;
    if (rows.length < CHUNK) return;
  }
}

async function* matching(
  { db }: UpsContext,
  pairs: readonly { workitem: WorkitemRow; study: FoundStudy }[],
  query: Pick<SearchQuery, "filters">,
  baseUrl: string,
): AsyncGenerator<DicomObject> {
  if (pairs.length === 0) return;
  const rows = await listSeries(
    db,
    pairs.map(({ study }) => study.item.studyInstanceUid),
  );
  const byStudy = Map.groupBy(rows, ({ studyInstanceUid }) => studyInstanceUid);
  for (const { workitem, study } of pairs) {
    const series = byStudy.get(study.item.studyInstanceUid) ?? [];
    const entity = workitemAttributes({ workitem, study, series, instances: null, baseUrl });
    if (isFound(entity, query)) yield entity;
  }
}
