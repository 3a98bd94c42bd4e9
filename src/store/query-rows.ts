/**
 * @file What queries ask of series and instances: rows of the instance table, a study or a few at a time.
 */
import { sql, type Kysely } from "kysely";

import type { WrittenAttributes } from "../domain/study.ts";
import type { Database } from "./schema.ts";

/** Of an instance's stored header, what queries are answered with. Rows of older versions lack `asWritten`. */
export interface StoredHeader {
  readonly asWritten?: WrittenAttributes;
  readonly modality: string;
  readonly manufacturer: string;
  readonly seriesDescription: string;
  readonly seriesNumber: number | null;
  readonly bodyPart: string;
  readonly protocolName: string;
}

export interface SeriesRow {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly instanceCount: number;
  /** Of one of its instances. */
  readonly header: StoredHeader;
}

/** The series of some studies, by study and number. */
export async function listSeries(
  db: Kysely<Database>,
  studyInstanceUids: readonly string[],
): Promise<SeriesRow[]> {
  const { rows } = await sql<SeriesRow>`
    SELECT g.study_instance_uid AS "studyInstanceUid", g.series_instance_uid AS "seriesInstanceUid",
      g.instances AS "instanceCount", first.header
    FROM (
      SELECT study_instance_uid, series_instance_uid, count(*) AS instances, min(sop_instance_uid) AS uid
      FROM instance WHERE study_instance_uid = ANY(${[...studyInstanceUids]}::text[])
      GROUP BY study_instance_uid, series_instance_uid
    ) AS g
    JOIN instance AS first ON first.sop_instance_uid = g.uid
    ORDER BY g.study_instance_uid, (first.header->>'seriesNumber')::numeric NULLS LAST, g.series_instance_uid
  `.execute(db);
  return rows;
}

export interface InstanceRow {
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly objectKey: string;
  readonly instanceNumber: number | null;
  readonly rows: number | null;
  readonly columns: number | null;
  readonly numberOfFrames: number | null;
}

/** The instances of a study, or of one of its series, by series and number. */
export async function listInstances(
  db: Kysely<Database>,
  studyInstanceUid: string,
  seriesInstanceUid: string | null,
): Promise<InstanceRow[]> {
  const number = (name: string) => sql<number | null>`(header->>${sql.lit(name)})::float8`;
  return db
    .selectFrom("instance")
    .select([
      "series_instance_uid as seriesInstanceUid",
      "sop_instance_uid as sopInstanceUid",
      "sop_class_uid as sopClassUid",
      "transfer_syntax_uid as transferSyntaxUid",
      "object_key as objectKey",
      number("instanceNumber").as("instanceNumber"),
      number("rows").as("rows"),
      number("columns").as("columns"),
      number("numberOfFrames").as("numberOfFrames"),
    ])
    .where("study_instance_uid", "=", studyInstanceUid)
    .$if(seriesInstanceUid !== null, (query) =>
      query.where("series_instance_uid", "=", seriesInstanceUid ?? ""),
    )
    .orderBy("series_instance_uid")
    .orderBy(number("instanceNumber"))
    .orderBy("sop_instance_uid")
    .execute();
}
