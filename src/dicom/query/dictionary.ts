/**
 * @file The attributes that queries speak of: keyword, tag and value representation (PS3.6). Any other attribute
 * may be asked for too; it is answered without a value.
 */

export interface DictionaryEntry {
  readonly keyword: string;
  /** 8 upper-case hex digits. */
  readonly tag: string;
  readonly vr: string;
}

const LINES = `
SpecificCharacterSet 00080005 CS
SOPClassUID 00080016 UI
SOPInstanceUID 00080018 UI
StudyDate 00080020 DA
SeriesDate 00080021 DA
StudyTime 00080030 TM
SeriesTime 00080031 TM
AccessionNumber 00080050 SH
QueryRetrieveLevel 00080052 CS
RetrieveAETitle 00080054 AE
InstanceAvailability 00080056 CS
Modality 00080060 CS
ModalitiesInStudy 00080061 CS
SOPClassesInStudy 00080062 UI
Manufacturer 00080070 LO
InstitutionName 00080080 LO
ReferringPhysicianName 00080090 PN
CodeValue 00080100 SH
CodingSchemeDesignator 00080102 SH
CodeMeaning 00080104 LO
TimezoneOffsetFromUTC 00080201 SH
StudyDescription 00081030 LO
SeriesDescription 0008103E LO
NameOfPhysiciansReadingStudy 00081060 PN
RetrieveURL 00081190 UR
TransactionUID 00081195 UI
ReferencedSOPSequence 00081199 SQ
AvailableTransferSyntaxUID 00083002 UI
PatientName 00100010 PN
PatientID 00100020 LO
IssuerOfPatientID 00100021 LO
PatientBirthDate 00100030 DA
PatientSex 00100040 CS
PatientAge 00101010 AS
BodyPartExamined 00180015 CS
ProtocolName 00181030 LO
StudyInstanceUID 0020000D UI
SeriesInstanceUID 0020000E UI
StudyID 00200010 SH
SeriesNumber 00200011 IS
InstanceNumber 00200013 IS
NumberOfStudyRelatedSeries 00201206 IS
NumberOfStudyRelatedInstances 00201208 IS
NumberOfSeriesRelatedInstances 00201209 IS
NumberOfFrames 00280008 IS
Rows 00280010 US
Columns 00280011 US
BitsAllocated 00280100 US
StudyPriorityID 0032000C CS
RequestedProcedureDescription 00321060 LO
AdmissionID 00380010 LO
ScheduledStationNameCodeSequence 00404025 SQ
ScheduledStationClassCodeSequence 00404026 SQ
ScheduledStationGeographicLocationCodeSequence 00404027 SQ
ScheduledProcessingParametersSequence 00741210 SQ
ScheduledHumanPerformersSequence 00404034 SQ
ScheduledProcedureStepStartDateTime 00404005 DT
ExpectedCompletionDateTime 00404011 DT
ScheduledProcedureStepModificationDateTime 00404010 DT
ScheduledWorkitemCodeSequence 00404018 SQ
InputInformationSequence 00404021 SQ
InputReadinessState 00404041 CS
CommentsOnTheScheduledProcedureStep 00400400 LT
RequestedProcedureID 00401001 SH
RequestedProcedurePriority 00401003 SH
ReferencedRequestSequence 0040A370 SQ
ReplacedProcedureStepSequence 00741224 SQ
ProcedureStepState 00741000 CS
ProcedureStepProgressInformationSequence 00741002 SQ
ScheduledProcedureStepPriority 00741200 CS
WorklistLabel 00741202 LO
ProcedureStepLabel 00741204 LO
UnifiedProcedureStepPerformedProcedureSequence 00741216 SQ
`;

const ENTRIES: readonly DictionaryEntry[] = LINES.trim()
  .split("\n")
  .map((line) => {
    const [keyword = "", tag = "", vr = ""] = line.split(" ");
    return { keyword, tag, vr };
  });

const BY_TAG = new Map(ENTRIES.map((entry) => [entry.tag, entry]));
const BY_KEYWORD = new Map(ENTRIES.map((entry) => [entry.keyword, entry]));

/** By "0020000D" or "StudyInstanceUID"; an attribute of neither table is null. */
export const attributeNamed = (name: string): DictionaryEntry | null =>
  BY_KEYWORD.get(name) ?? BY_TAG.get(name.toUpperCase()) ?? null;

/** The value representation of a tag; "UN" where the table has it not. */
export const vrOf = (tag: string): string => PRIVATE_VRS[tag] ?? BY_TAG.get(tag)?.vr ?? "UN";

/** FirstRead's own: where a study stands on the list, and why. Block 10 of group 0009. */
export const PRIVATE = {
  creatorTag: "00090010",
  creator: "FIRSTREAD",
  rank: "00091001",
  tier: "00091002",
  reason: "00091003",
} as const;

const PRIVATE_VRS: Readonly<Record<string, string>> = {
  [PRIVATE.creatorTag]: "LO",
  [PRIVATE.rank]: "IS",
  [PRIVATE.tier]: "CS",
  [PRIVATE.reason]: "LT",
};
