/**
 * @file A study of the list, its series and instances as DICOM attributes: what queries match and return.
 */
import { PRIVATE } from "../../dicom/query/dictionary.ts";
import type { QueryLevel } from "../../dicom/query/identifier.ts";
import type { DicomObject } from "../../domain/dicom-json.ts";
import { element, personName } from "../../dicom/query/json-model.ts";
import type { Priority, Tier, WorklistItem } from "../../domain/worklist.ts";
import type { InstanceRow, SeriesRow } from "../../store/query-rows.ts";

/** A study and where it stands; `rank` is null for one that was read. */
export interface FoundStudy {
  readonly item: WorklistItem;
  readonly priority: Priority | null;
  readonly rank: number | null;
}

/** Requested Procedure Priority (0040,1003), by the terms of PS3.3 table 10-13 (C.4.11). */
const REQUESTED_PRIORITY: Readonly<Record<Tier, string>> = {
  critical: "STAT",
  stat: "STAT",
  urgent: "HIGH",
  routine: "ROUTINE",
  low: "LOW",
};

/** HIGH, MEDIUM or LOW: Study Priority ID (0032,000C) and a workitem's priority (0074,1200) know no more. */
export const STEP_PRIORITY: Readonly<Record<Tier, "HIGH" | "MEDIUM" | "LOW">> = {
  critical: "HIGH",
  stat: "HIGH",
  urgent: "HIGH",
  routine: "MEDIUM",
  low: "LOW",
};

/** The patient's name as a PN where only the reader's form is left: "DOE, Jane" → "DOE^Jane". */
const nameFromDisplay = (name: string): string => name.replace(", ", "^");

/** Who the patient is. @param series one of the study's, for what stands only in instances */
export function patientAttributes({ patient }: WorklistItem, series: SeriesRow | undefined): DicomObject {
  const written = series?.header.asWritten;
  return {
    "00100010": personName(written?.patientName ?? nameFromDisplay(patient.name)),
    "00100020": element("LO", patient.id),
    "00100030": element("DA", written?.patientBirthDate ?? ""),
    "00100040": element("CS", patient.sex),
  };
}

/** Attributes that are known without looking at instances: the others are "" until a study's series are. */
export const KNOWN_FROM_ROW: ReadonlySet<string> = new Set([
  ...["00080050", "00081030", "00100020", "00100040", "0020000D", "00201208", "0032000C", "00401003"],
  ...[PRIVATE.rank, PRIVATE.tier, PRIVATE.reason],
]);

const PATIENT_TAGS = ["00080005", "00100010", "00100020", "00100030", "00100040"];
const STUDY_TAGS = [
  ...PATIENT_TAGS,
  ...["00080020", "00080030", "00080050", "00080056", "00080061", "00080090", "00081030", "0020000D"],
  ...["00200010", "00201206", "00201208", "0032000C", "00401003"],
  ...[PRIVATE.creatorTag, PRIVATE.rank, PRIVATE.tier, PRIVATE.reason],
];
const SERIES_TAGS = [
  ...["00080060", "00080070", "0008103E", "00180015", "00181030", "0020000E", "00200011", "00201209"],
];
const INSTANCE_TAGS = ["00080016", "00080018", "00083002", "00200013", "00280008", "00280010", "00280011"];

/** The attributes that entities of a level have, from the top down to it. */
export const LEVEL_TAGS: Readonly<Record<QueryLevel, readonly string[]>> = {
  PATIENT: PATIENT_TAGS,
  STUDY: STUDY_TAGS,
  SERIES: [...STUDY_TAGS, ...SERIES_TAGS],
  IMAGE: [...STUDY_TAGS, ...SERIES_TAGS, ...INSTANCE_TAGS],
};

export function studyAttributes(study: FoundStudy, series: readonly SeriesRow[]): DicomObject {
  const { item, priority, rank } = study;
  const written = series[0]?.header.asWritten;
  const [date = "", time = ""] = (item.studyAt ?? "").split("T");
  const modalities = [...new Set(series.map(({ header }) => header.modality))];
  return {
    "00080005": element("CS", "ISO_IR 192"),
    "00080020": element("DA", written?.studyDate ?? date.replaceAll("-", "")),
    "00080030": element("TM", written?.studyTime ?? time.replaceAll(":", "")),
    "00080050": element("SH", item.accessionNumber),
    "00080056": element("CS", "ONLINE"),
    "00080061": element("CS", ...modalities),
    "00080090": personName(written?.referringPhysicianName ?? ""),
    "00081030": element("LO", item.description),
    ...patientAttributes(item, series[0]),
    "0020000D": element("UI", item.studyInstanceUid),
    "00200010": element("SH", written?.studyId ?? ""),
    "00201206": element("IS", series.length),
    "00201208": element("IS", item.instanceCount),
    "0032000C": element("CS", priority && STEP_PRIORITY[priority.tier]),
    "00401003": element("SH", priority && REQUESTED_PRIORITY[priority.tier]),
    [PRIVATE.creatorTag]: element("LO", PRIVATE.creator),
    [PRIVATE.rank]: element("IS", rank),
    [PRIVATE.tier]: element("CS", priority?.tier.toUpperCase() ?? null),
    [PRIVATE.reason]: element("LT", priority?.reason ?? null),
  };
}

export function seriesAttributes({ seriesInstanceUid, instanceCount, header }: SeriesRow): DicomObject {
  return {
    "00080060": element("CS", header.modality),
    "00080070": element("LO", header.manufacturer),
    "0008103E": element("LO", header.seriesDescription),
    "00180015": element("CS", header.bodyPart),
    "00181030": element("LO", header.protocolName),
    "0020000E": element("UI", seriesInstanceUid),
    "00200011": element("IS", header.seriesNumber),
    "00201209": element("IS", instanceCount),
  };
}

export function instanceAttributes(instance: InstanceRow): DicomObject {
  return {
    "00080016": element("UI", instance.sopClassUid),
    "00080018": element("UI", instance.sopInstanceUid),
    "00083002": element("UI", instance.transferSyntaxUid),
    "00200013": element("IS", instance.instanceNumber),
    "00280008": element("IS", instance.numberOfFrames),
    "00280010": element("US", instance.rows),
    "00280011": element("US", instance.columns),
  };
}
