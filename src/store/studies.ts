/**
 * @file Studies, read: rows of the worklist, the slices of one, its history.
 */
import { sql, type Kysely, type Selectable } from "kysely";

import type { AuditEntry, SliceDetail } from "../domain/api.ts";
import type { Saliency } from "../domain/finding.ts";
import type { StudyHeader } from "../domain/study.ts";
import type { WorklistItem } from "../domain/worklist.ts";
import type { Database, StudyTable } from "./schema.ts";

type Row = Selectable<StudyTable>;

/** Only what a row shows: the series and the skipped instances stand in the detail. */
const ITEM_COLUMNS = [
  "header",
  "patient_class",
  "arrived_at",
  "last_instance_at",
  "instance_count",
  "analysis",
  "analysis_reason",
  "skipped_count",
  "finding",
  "reading",
  "reader",
  "claimed_at",
  "read_at",
  "feedback",
  "override",
] as const;

/** TimezoneOffsetFromUTC (0008,0201): "+0100". */
const ZONE = "00080201";

/** Of a study's attributes only those that somebody looks at: there may be a hundred. */
const named = (tags: readonly string[]) =>
  sql<Readonly<Record<string, string>>>`coalesce(
    (SELECT jsonb_object_agg(key, value) FROM jsonb_each(attributes) WHERE key = ANY(${[...tags]}::text[])),
    '{}'::jsonb)`.as("attributes");

const zone = sql<string | null>`attributes->>${sql.lit(ZONE)}`.as("zone");

type ItemRow = Pick<Row, (typeof ITEM_COLUMNS)[number]> & {
  readonly attributes: Readonly<Record<string, string>>;
  readonly zone: string | null;
};

/** `studyAt` as an instant: by the instance's own zone, else by this machine's. null when it is none. */
function studiedAt(studyAt: string | null, offset: string | null): string | null {
  if (studyAt === null) return null;
  const [, hours, minutes] = /^([+-]\d\d)(\d\d)$/.exec(offset ?? "") ?? [];
  const at = new Date(hours === undefined ? studyAt : `${studyAt}${hours}:${minutes}`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function toItem(row: ItemRow): WorklistItem {
  return {
    ...row.header,
    patientClass: row.patient_class,
    studiedAt: studiedAt(row.header.studyAt, row.zone),
    attributes: row.attributes,
    override: row.override,
    arrivedAt: row.arrived_at.toISOString(),
    lastInstanceAt: row.last_instance_at.toISOString(),
    instanceCount: row.instance_count,
    analysis: row.analysis,
    analysisReason: row.analysis_reason,
    skippedCount: row.skipped_count,
    finding: row.finding,
    reading: row.reading,
    reader: row.reader,
    claimedAt: row.claimed_at?.toISOString() ?? null,
    readAt: row.read_at?.toISOString() ?? null,
    feedback: row.feedback,
  };
}

/**
 * Every study not yet read, and those read since the instant. In no particular order.
 *
 * @param tags the attributes that the policy looks at: they alone stand in the rows
 */
export async function listWorklist(
  db: Kysely<Database>,
  readSince: Date,
  tags: readonly string[],
): Promise<WorklistItem[]> {
  const rows = await db
    .selectFrom("study")
    .select([...ITEM_COLUMNS, named(tags), zone])
    .where((on) =>
      on.or([
        on("reading", "<>", "read"),
        on.and([on("reading", "=", "read"), on("read_at", ">=", readSince)]),
      ]),
    )
    .execute();
  return rows.map(toItem);
}

/** Unread studies by their UID, so many from behind one on (""), as `listWorklist` gives them. */
export async function listUnreadAfter(
  db: Kysely<Database>,
  studyInstanceUid: string,
  limit: number,
  tags: readonly string[],
): Promise<WorklistItem[]> {
  const rows = await db
    .selectFrom("study")
    .select([...ITEM_COLUMNS, named(tags), zone])
    .where("reading", "<>", "read")
    .where("study_instance_uid", ">", studyInstanceUid)
    .orderBy("study_instance_uid")
    .limit(limit)
    .execute();
  return rows.map(toItem);
}

/** The rows of some studies, as `listWorklist` gives them; unknown ones are left out. */
export async function findItems(
  db: Kysely<Database>,
  studyInstanceUids: readonly string[],
  tags: readonly string[],
): Promise<WorklistItem[]> {
  const rows = await db
    .selectFrom("study")
    .select([...ITEM_COLUMNS, named(tags), zone])
    .where("study_instance_uid", "in", studyInstanceUids)
    .execute();
  return rows.map(toItem);
}

/** Where a page of `listReadStudies` ended. */
export interface ReadCursor {
  readonly readAt: string;
  readonly studyInstanceUid: string;
}

/**
 * Studies read before an instant, latest first, a page at a time.
 *
 * @param after the last study of the page before
 */
export async function listReadStudies(
  db: Kysely<Database>,
  readBefore: Date,
  after: ReadCursor | null,
  limit: number,
): Promise<WorklistItem[]> {
  const rows = await db
    .selectFrom("study")
    .select([...ITEM_COLUMNS, named([]), zone])
    .where("reading", "=", "read")
    .where("read_at", "<", readBefore)
    .$if(after !== null, (query) =>
      query.where(
        sql<boolean>`(read_at, study_instance_uid) < (${after?.readAt}::timestamptz, ${after?.studyInstanceUid})`,
      ),
    )
    .orderBy("read_at", "desc")
    .orderBy("study_instance_uid", "desc")
    .limit(limit)
    .execute();
  return rows.map(toItem);
}

/** Who and what a study is, or null. */
export async function findHeader(
  db: Kysely<Database>,
  studyInstanceUid: string,
): Promise<StudyHeader | null> {
  const row = await db
    .selectFrom("study")
    .select("header")
    .where("study_instance_uid", "=", studyInstanceUid)
    .executeTakeFirst();
  return row?.header ?? null;
}

/** The UID behind a short reference: the first hex digits of its SHA-256. The latest, should two share one. */
export async function findByReference(db: Kysely<Database>, reference: string): Promise<string | null> {
  const row = await db
    .selectFrom("study")
    .select("study_instance_uid")
    .where(
      sql<string>`left(encode(sha256(convert_to(study_instance_uid, 'UTF8')), 'hex'), ${reference.length})`,
      "=",
      reference,
    )
    .orderBy("arrived_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.study_instance_uid ?? null;
}

/** A study's row with its series and skipped instances, or null. */
export async function findStudy(db: Kysely<Database>, studyInstanceUid: string, tags: readonly string[]) {
  const row = await db
    .selectFrom("study")
    .select([...ITEM_COLUMNS, "series", "skipped", "timing", named(tags), zone])
    .where("study_instance_uid", "=", studyInstanceUid)
    .executeTakeFirst();
  return row ? { item: toItem(row), series: row.series, skipped: row.skipped, timing: row.timing } : null;
}

/** The scored slices of a study, in position order; empty before it is scored. */
export async function listSlices(db: Kysely<Database>, studyInstanceUid: string): Promise<SliceDetail[]> {
  const rows = await db
    .selectFrom("slice")
    .select([
      ...(["index", "sop_instance_uid", "frame", "position_mm", "thickness_mm", "rows", "columns"] as const),
      ...(["row_mm", "column_mm", "probability", "saliency_peak"] as const),
    ])
    .where("study_instance_uid", "=", studyInstanceUid)
    .orderBy("index")
    .execute();
  return rows.map((row) => ({
    index: row.index,
    sopInstanceUid: row.sop_instance_uid,
    frame: row.frame,
    positionMm: row.position_mm,
    thicknessMm: row.thickness_mm,
    rows: row.rows,
    columns: row.columns,
    spacingMm: [row.row_mm, row.column_mm],
    probability: row.probability,
    saliencyPeak: row.saliency_peak,
  }));
}

/** The saliency map of one scored slice, or null. */
export async function findSaliency(
  db: Kysely<Database>,
  studyInstanceUid: string,
  index: number,
): Promise<Saliency | null> {
  const row = await db
    .selectFrom("slice")
    .select(["saliency_rows", "saliency_columns", "saliency_values", "saliency_peak", "region"])
    .where("study_instance_uid", "=", studyInstanceUid)
    .where("index", "=", index)
    .executeTakeFirst();
  if (!row) return null;
  return {
    rows: row.saliency_rows,
    columns: row.saliency_columns,
    values: toFloats(row.saliency_values),
    peak: row.saliency_peak,
    region: row.region,
  };
}

/** float32 little endian to numbers. Copies: a database buffer need not be aligned. */
function toFloats(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

/** Where the bytes of the instance behind a slice are. */
export interface SliceSource {
  readonly sopInstanceUid: string;
  readonly frame: number;
  readonly objectKey: string;
  /** Of the file's bytes: the pixels of this digest and frame never change. */
  readonly digest: string;
}

/** What is behind one scored slice, or null. */
export async function findSliceSource(
  db: Kysely<Database>,
  studyInstanceUid: string,
  index: number,
): Promise<SliceSource | null> {
  const row = await db
    .selectFrom("slice")
    .innerJoin("instance", "instance.sop_instance_uid", "slice.sop_instance_uid")
    .select(["slice.sop_instance_uid", "slice.frame", "instance.object_key", "instance.digest"])
    .where("slice.study_instance_uid", "=", studyInstanceUid)
    .where("slice.index", "=", index)
    .executeTakeFirst();
  if (!row) return null;
  const { sop_instance_uid: sopInstanceUid, frame, object_key: objectKey, digest } = row;
  return { sopInstanceUid, frame, objectKey, digest };
}

/** What is behind each scored slice of a study, in position order. */
export async function listSliceSources(
  db: Kysely<Database>,
  studyInstanceUid: string,
): Promise<SliceSource[]> {
  const rows = await db
    .selectFrom("slice")
    .innerJoin("instance", "instance.sop_instance_uid", "slice.sop_instance_uid")
    .select(["slice.sop_instance_uid", "slice.frame", "instance.object_key", "instance.digest"])
    .where("slice.study_instance_uid", "=", studyInstanceUid)
    .orderBy("slice.index")
    .execute();
  return rows.map((row) => ({
    sopInstanceUid: row.sop_instance_uid,
    frame: row.frame,
    objectKey: row.object_key,
    digest: row.digest,
  }));
}

/** What was done with a study, oldest first. */
export async function listHistory(db: Kysely<Database>, studyInstanceUid: string): Promise<AuditEntry[]> {
  const rows = await db
    .selectFrom("audit")
    .select(["at", "who", "what", "detail"])
    .where("study_instance_uid", "=", studyInstanceUid)
    .orderBy("id")
    .execute();
  return rows.map(({ at, who, what, detail }) => ({ at: at.toISOString(), who, what, detail }));
}

/** How many studies stand in each state of analysis and of reading. */
export async function countStudies(db: Kysely<Database>) {
  return db
    .selectFrom("study")
    .select(["analysis", "reading", (on) => on.fn.countAll<number>().as("count")])
    .groupBy(["analysis", "reading"])
    .execute();
}
