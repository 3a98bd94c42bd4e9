/**
 * @file Studies, series and instances that match a query, in ranked order: what C-FIND and QIDO-RS answer with.
 *
 * The list is looked through a few studies at a time, and further back than the list only as far as somebody
 * goes on asking: memory does not grow with the number of matches.
 */
import { setImmediate as turn } from "node:timers/promises";

import type { Kysely } from "kysely";

import type { DicomObject } from "../../domain/dicom-json.ts";
import type { Query } from "../../dicom/query/identifier.ts";
import type { RankedItem } from "../../domain/worklist.ts";
import { listInstances, listSeries } from "../../store/query-rows.ts";
import type { SeriesRow } from "../../store/query-rows.ts";
import type { Database } from "../../store/schema.ts";
import { findItems, listReadStudies } from "../../store/studies.ts";
import type { ReadCursor } from "../../store/studies.ts";
import type { RankedList } from "../ranked-list.ts";
import type { FoundStudy } from "./attributes.ts";
import {
  instanceAttributes,
  KNOWN_FROM_ROW,
  LEVEL_TAGS,
  seriesAttributes,
  studyAttributes,
} from "./attributes.ts";

export interface FindContext {
  readonly db: Kysely<Database>;
  readonly ranked: () => Promise<RankedList>;
}

export type Matchers = Query["matchers"];

/** Studies whose series are read with one statement. */
const CHUNK = 100;
/** Rows looked at before others have their turn. */
const ROWS_A_TURN = 2000;
const STUDY_UID = "0020000D";
const PATIENT_ID = "00100020";
/** Beyond it, patients may be told twice. */
const MOST_PATIENTS_KNOWN = 100_000;

/** The matches of a query, in order: whole entities, from which the asker takes what was asked for. */
export async function* findEntities(
  context: FindContext,
  { level, matchers, unique }: Pick<Query, "level" | "matchers" | "unique">,
  signal: AbortSignal,
): AsyncGenerator<DicomObject> {
  if (level === "PATIENT") yield* findPatients(context, matchers, signal);
  else if (level === "STUDY") yield* findStudies(context, matchers, unique.get(STUDY_UID) ?? null, signal);
  else {
    const [studyUid = ""] = unique.get(STUDY_UID) ?? [];
    const patientMatcher = matchers.get(PATIENT_ID);
    const above = new Map(patientMatcher ? [[PATIENT_ID, patientMatcher]] : []);
    for await (const study of findStudies(context, above, [studyUid], signal)) {
      const [seriesUid] = unique.get("0020000E") ?? [];
      yield* level === "SERIES"
        ? findSeries(context, studyUid, study, matchers)
        : findInstances(context, studyUid, seriesUid ?? null, study, matchers);
    }
  }
}

const isMatch = (entity: DicomObject, matchers: Matchers): boolean =>
  [...matchers].every(([tag, matches]) => matches(entity[tag]));

/** Studies in ranked order, then those read longer ago. @param uids the only ones looked at; null: all */
export async function* findStudies(
  context: FindContext,
  matchers: Matchers,
  uids: readonly string[] | null,
  signal: AbortSignal,
): AsyncGenerator<DicomObject> {
  let chunk: FoundStudy[] = [];
  const early = new Map([...matchers].filter(([tag]) => KNOWN_FROM_ROW.has(tag)));
  for await (const study of candidates(context, uids, signal)) {
    if (signal.aborted) return;
    if (early.size > 0 && !isMatch(studyAttributes(study, []), early)) continue;
    chunk.push(study);
    if (chunk.length < CHUNK) continue;
    yield* matching(context, chunk, matchers);
    chunk = [];
  }
  yield* matching(context, chunk, matchers);
}

async function* matching(
  { db }: FindContext,
  chunk: readonly FoundStudy[],
  matchers: Matchers,
): AsyncGenerator<DicomObject> {
  if (chunk.length === 0) return;
  const rows = await listSeries(
    db,
    chunk.map(({ item }) => item.studyInstanceUid),
  );
  const byStudy = Map.groupBy(rows, ({ studyInstanceUid }) => studyInstanceUid);
  for (const study of chunk) {
    const entity = studyAttributes(study, byStudy.get(study.item.studyInstanceUid) ?? []);
    if (isMatch(entity, matchers)) yield entity;
  }
}

const fromRanked = ({ item, priority, rank }: RankedItem): FoundStudy =>
  item.reading === "read" ? { item, priority: null, rank: null } : { item, priority, rank };

async function* candidates(
  { db, ranked }: FindContext,
  uids: readonly string[] | null,
  signal: AbortSignal,
): AsyncGenerator<FoundStudy> {
  const { items, readSince } = await ranked();
  const wanted = uids === null ? null : new Set(uids);
  for (const [i, item] of items.entries()) {
    if (wanted === null || wanted.delete(item.item.studyInstanceUid)) yield fromRanked(item);
    if (i % ROWS_A_TURN === ROWS_A_TURN - 1) await turn();
    if (signal.aborted) return;
  }
  if (wanted !== null) {
    const older = wanted.size === 0 ? [] : await findItems(db, [...wanted], []);
    yield* older.map((item) => ({ item, priority: null, rank: null }));
    return;
  }
  let cursor: ReadCursor | null = null;
  for (;;) {
    const older = await listReadStudies(db, readSince, cursor, CHUNK);
    yield* older.map((item) => ({ item, priority: null, rank: null }));
    const last = older.at(-1);
    if (older.length < CHUNK || !last || signal.aborted) return;
    cursor = { readAt: last.readAt ?? "", studyInstanceUid: last.studyInstanceUid };
  }
}

/** Each patient once, where the most pressing of their studies stands. */
async function* findPatients(
  context: FindContext,
  matchers: Matchers,
  signal: AbortSignal,
): AsyncGenerator<DicomObject> {
  const told = new Set<string>();
  for await (const study of findStudies(context, matchers, null, signal)) {
    const key = JSON.stringify(study[PATIENT_ID]?.Value ?? study["00100010"]?.Value ?? []);
    if (told.has(key)) continue;
    if (told.size < MOST_PATIENTS_KNOWN) told.add(key);
    yield patientOf(study);
  }
}

function patientOf(study: DicomObject): DicomObject {
  return Object.fromEntries(
    LEVEL_TAGS.PATIENT.flatMap((tag) => {
      const found = study[tag];
      return found ? [[tag, found]] : [];
    }),
  );
}

async function* findSeries(
  { db }: FindContext,
  studyUid: string,
  study: DicomObject,
  matchers: Matchers,
): AsyncGenerator<DicomObject> {
  for (const row of await listSeries(db, [studyUid])) {
    const entity = { ...study, ...seriesAttributes(row) };
    if (isMatch(entity, matchers)) yield entity;
  }
}

async function* findInstances(
  { db }: FindContext,
  studyUid: string,
  seriesUid: string | null,
  study: DicomObject,
  matchers: Matchers,
): AsyncGenerator<DicomObject> {
  const series = new Map<string, SeriesRow>(
    (await listSeries(db, [studyUid])).map((row) => [row.seriesInstanceUid, row]),
  );
  for (const row of await listInstances(db, studyUid, seriesUid)) {
    const parent = series.get(row.seriesInstanceUid);
    const entity = { ...study, ...(parent && seriesAttributes(parent)), ...instanceAttributes(row) };
    if (isMatch(entity, matchers)) yield entity;
  }
}
