/**
 * @file Studies, read: rows of the worklist, the slices of one, its history.
 */
import type { Kysely, Selectable } from "kysely";

import type { AuditEntry, SliceDetail } from "../domain/api.ts";
import type { Saliency } from "../domain/finding.ts";
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
] as const;

function toItem(row: Pick<Row, (typeof ITEM_COLUMNS)[number]>): WorklistItem {
  return {
    ...row.header,
    patientClass: row.patient_class,
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

/** Every study not yet read, and those read since the instant. In no particular order: the page ranks. */
export async function listWorklist(db: Kysely<Database>, readSince: Date): Promise<WorklistItem[]> {
  const rows = await db
    .selectFrom("study")
    .select(ITEM_COLUMNS)
    .where((on) =>
      on.or([
        on("reading", "<>", "read"),
        on.and([on("reading", "=", "read"), on("read_at", ">=", readSince)]),
      ]),
    )
    .execute();
  return rows.map(toItem);
}

/** One row, or null when the study is unknown. */
export async function findItem(db: Kysely<Database>, studyInstanceUid: string): Promise<WorklistItem | null> {
  const row = await db
    .selectFrom("study")
    .select(ITEM_COLUMNS)
    .where("study_instance_uid", "=", studyInstanceUid)
    .executeTakeFirst();
  return row ? toItem(row) : null;
}

/** A study's row with its series and skipped instances, or null. */
export async function findStudy(db: Kysely<Database>, studyInstanceUid: string) {
  const row = await db
    .selectFrom("study")
    .select([...ITEM_COLUMNS, "series", "skipped", "timing"])
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
