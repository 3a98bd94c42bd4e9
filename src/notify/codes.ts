/**
 * @file The codes of what we say, in HL7 v2 and in FHIR alike: no value is left to be guessed from its text.
 *
 * SNOMED CT, DCM (DICOM PS3.16, Annex D) and LOINC, with the meanings that DICOM's context groups give them.
 */
export interface Code {
  readonly scheme: "SCT" | "DCM" | "LN";
  readonly value: string;
  readonly meaning: string;
}

export const INTRACRANIAL_HEMORRHAGE: Code = {
  scheme: "SCT",
  value: "1386000",
  meaning: "Intracranial hemorrhage",
};
export const SUSPECTED: Code = { scheme: "SCT", value: "415684004", meaning: "Suspected" };
export const NOT_DETECTED: Code = { scheme: "SCT", value: "260415000", meaning: "Not detected" };
export const BRAIN: Code = { scheme: "SCT", value: "12738006", meaning: "Brain" };
/** In percent (CID 6048). */
export const CERTAINTY_OF_FINDING: Code = { scheme: "DCM", value: "111012", meaning: "Certainty of Finding" };
export const ALGORITHM_NAME: Code = { scheme: "DCM", value: "111001", meaning: "Algorithm Name" };
export const ALGORITHM_VERSION: Code = { scheme: "DCM", value: "111003", meaning: "Algorithm Version" };
/** What is asked for: that someone reads the study (CID 9231). */
export const INTERPRETATION: Code = { scheme: "DCM", value: "110005", meaning: "Interpretation" };
/** CID 7000. */
export const CT_HEAD_REPORT: Code = { scheme: "LN", value: "11539-4", meaning: "CT Head Report" };

/** By code scheme: the system of FHIR. HL7 v2 uses the scheme's name (table 0396). */
export const FHIR_SYSTEMS: Readonly<Record<Code["scheme"], string>> = {
  SCT: "http://snomed.info/sct",
  DCM: "http://dicom.nema.org/resources/ontology/DCM",
  LN: "http://loinc.org",
};
