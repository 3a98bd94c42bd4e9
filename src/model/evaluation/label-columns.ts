/**
 * @file The patient and the study of each image, where a table of labels has such columns.
 */
import { createReadStream } from "node:fs";

import { csvValues, linesOf } from "../dataset/csv.ts";
import { imageIdOf } from "../dataset/label-table.ts";

/** Names of columns, in small letters. */
const IMAGE_COLUMNS = ["file", "filename", "image", "image_id", "imageid", "id", "sopinstanceuid", "path"];
const PATIENT_COLUMNS = ["patient", "patient_id", "patientid", "group"];
const STUDY_COLUMNS = ["study", "study_id", "studyinstanceuid"];

export interface ImageOrigin {
  readonly patient: string | null;
  readonly study: string | null;
}

/** By image (as `imageIdOf` names it); empty where the table has neither column. */
export async function readOrigins(table: string): Promise<ReadonlyMap<string, ImageOrigin>> {
  const origins = new Map<string, ImageOrigin>();
  let columns: { image: number; patient: number; study: number } | null = null;
  for await (const lines of linesOf(createReadStream(table))) {
    for (const { text } of lines) {
      const values = csvValues(text.replace(/^\uFEFF/, ""));
      if (columns === null) {
        const names = values.map((name) => name.toLowerCase());
        const find = (usual: readonly string[]): number => names.findIndex((name) => usual.includes(name));
        columns = { image: find(IMAGE_COLUMNS), patient: find(PATIENT_COLUMNS), study: find(STUDY_COLUMNS) };
        if (columns.image < 0 || (columns.patient < 0 && columns.study < 0)) return origins;
        continue;
      }
      const filled = (index: number): string | null => values[index] || null;
      const image = imageIdOf(values[columns.image] ?? "");
      origins.set(image, { patient: filled(columns.patient), study: filled(columns.study) });
    }
  }
  return origins;
}
