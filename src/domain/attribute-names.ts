/**
 * @file The DICOM attributes that a policy may name by keyword (PS3.6). Any other is named by its tag.
 */

/** Keyword → tag as 8 hex digits. */
export const ATTRIBUTE_TAGS: Readonly<Record<string, string>> = {
  InstanceCreationDate: "00080012",
  Modality: "00080060",
  Manufacturer: "00080070",
  InstitutionName: "00080080",
  ReferringPhysicianName: "00080090",
  TimezoneOffsetFromUTC: "00080201",
  StationName: "00081010",
  StudyDescription: "00081030",
  SeriesDescription: "0008103E",
  InstitutionalDepartmentName: "00081040",
  PhysiciansOfRecord: "00081048",
  AdmittingDiagnosesDescription: "00081080",
  ManufacturerModelName: "00081090",
  PatientSex: "00100040",
  PatientAge: "00101010",
  PatientWeight: "00101030",
  MedicalAlerts: "00102000",
  Allergies: "00102110",
  PregnancyStatus: "001021C0",
  AdditionalPatientHistory: "001021B0",
  PatientComments: "00104000",
  ContrastBolusAgent: "00180010",
  BodyPartExamined: "00180015",
  SliceThickness: "00180050",
  DeviceSerialNumber: "00181000",
  ProtocolName: "00181030",
  ConvolutionKernel: "00181210",
  StudyID: "00200010",
  StudyPriorityID: "0032000C",
  ReasonForStudy: "00321030",
  RequestingPhysician: "00321032",
  RequestingService: "00321033",
  RequestedProcedureDescription: "00321060",
  StudyComments: "00324000",
  AdmissionID: "00380010",
  SpecialNeeds: "00380050",
  CurrentPatientLocation: "00380300",
  PatientState: "00380500",
  VisitComments: "00384000",
  PerformedProcedureStepDescription: "00400254",
  RequestedProcedureID: "00401001",
  ReasonForTheRequestedProcedure: "00401002",
  RequestedProcedurePriority: "00401003",
  PatientTransportArrangements: "00401004",
  RequestedProcedureComments: "00401400",
};

/** A keyword of the table, "(0008,1030)" or "00081030" as 8 upper-case hex digits; null for anything else. */
export function attributeTag(name: string): string | null {
  const known = Object.hasOwn(ATTRIBUTE_TAGS, name) ? ATTRIBUTE_TAGS[name] : undefined;
  if (known !== undefined) return known;
  const [, group, element] = /^\(?([0-9a-f]{4}),?([0-9a-f]{4})\)?$/i.exec(name) ?? [];
  return group === undefined || element === undefined ? null : `${group}${element}`.toUpperCase();
}
