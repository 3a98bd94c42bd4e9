/**
 * @file What `firstread policy explain` explains: a study of the running server, or DICOM files as if they had
 * just arrived.
 */
import { readFile } from "node:fs/promises";

import { textAttributes } from "../../dicom/attributes.ts";
import { openInstance } from "../../dicom/part10.ts";
import type { StudyDetail, WorklistResponse } from "../../domain/api.ts";
import type { FindingSummary, WorklistItem } from "../../domain/worklist.ts";
import type { PatientClass } from "../../domain/study.ts";
import { findStudies } from "../dicom-files.ts";
import { getJson } from "../server-client.ts";

/** A study as it would stand, and the time on the clock that its waiting is counted by. */
export interface Subject {
  readonly item: WorklistItem;
  readonly nowMs: number;
}

/** What to suppose of files, since nobody has scored or ordered them. */
export interface Supposed {
  /** The model's probability of a hemorrhage; null: not scored. */
  readonly probability: number | null;
  readonly patientClass: PatientClass;
  readonly waitedMin: number;
}

/** The model's threshold is not asked for: flagged is 0.5 and more here. */
const SUPPOSED_THRESHOLD = 0.5;

function supposedFinding(probability: number): FindingSummary {
  const flagged = probability >= SUPPOSED_THRESHOLD;
  return {
    model: { name: "supposed", version: "" },
    label: flagged ? "hemorrhage" : "normal",
    ...{ probability, flagged, threshold: SUPPOSED_THRESHOLD },
    ...{ sliceCount: 0, suspiciousSliceCount: 0, peakSliceIndex: 0 },
  };
}

/** The studies in files and folders. @throws Error when there is none */
export async function subjectsOfFiles(paths: readonly string[], supposed: Supposed): Promise<Subject[]> {
  const { studies, skipped } = await findStudies(paths);
  if (studies.size === 0) throw new Error(`No DICOM file there: ${skipped[0]?.reason ?? "no files"}.`);
  const nowMs = Date.now();
  const arrivedAt = new Date(nowMs - supposed.waitedMin * 60_000).toISOString();
  const subjects: Subject[] = [];
  for (const files of studies.values()) {
    const [first] = files;
    if (!first) continue;
    const { studyInstanceUid, patient, accessionNumber, description, orderPriority, studyAt } = first.header;
    const { dataSet } = openInstance(await readFile(first.file), "header");
    const studied = studyAt === null ? null : new Date(studyAt);
    const item: WorklistItem = {
      ...{ studyInstanceUid, patient, accessionNumber, description, orderPriority, studyAt, arrivedAt },
      studiedAt: studied && !Number.isNaN(studied.getTime()) ? studied.toISOString() : null,
      attributes: textAttributes(dataSet),
      ...{ patientClass: supposed.patientClass, override: null, lastInstanceAt: arrivedAt },
      ...{ instanceCount: files.length, analysisReason: "", skippedCount: 0 },
      analysis: supposed.probability === null ? "settled" : "scored",
      finding: supposed.probability === null ? null : supposedFinding(supposed.probability),
      ...{ reading: "waiting", reader: null, claimedAt: null, readAt: null, feedback: null },
    };
    subjects.push({ item, nowMs });
  }
  return subjects;
}

/**
 * A study of the running server, by Study Instance UID or accession number.
 * @throws Error when no FirstRead answers, or it knows no such study
 */
export async function subjectOnServer(server: string, study: string): Promise<Subject> {
  const { items, now } = await getJson<WorklistResponse>(server, "/api/worklist");
  const nowMs = Date.parse(now);
  const found = items.filter((item) => item.studyInstanceUid === study || item.accessionNumber === study);
  if (found.length > 1) {
    const uids = found.map((item) => item.studyInstanceUid).join(", ");
    throw new Error(
      `${found.length} studies have the accession number ${study}: name one by its UID: ${uids}.`,
    );
  }
  const item =
    found[0] ?? (await getJson<StudyDetail>(server, `/api/studies/${encodeURIComponent(study)}`)).item;
  return { item, nowMs };
}
