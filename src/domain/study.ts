/**
 * @file Who and what a Study is, as its instances say.
 */

/** Clinical priority given with the order, most pressing first. */
export const ORDER_PRIORITIES = ["stat", "urgent", "routine", "low"] as const;
export type OrderPriority = (typeof ORDER_PRIORITIES)[number];

/** Where the patient is treated, most pressing first; "unknown" until an order (HL7 PV1-2) or a rule says so. */
export const PATIENT_CLASSES = ["emergency", "inpatient", "outpatient", "unknown"] as const;
export type PatientClass = (typeof PATIENT_CLASSES)[number];

/** Never written to a log line. */
export interface Patient {
  readonly name: string;
  readonly id: string;
  readonly sex: string;
  /** Age as text for a reader ("67 y", "5 mo"), from PatientAge or PatientBirthDate; "" when unknown. */
  readonly age: string;
}

/** Attributes of patient and study as the instance has them; "" where absent. */
export interface WrittenAttributes {
  readonly patientName: string;
  readonly patientBirthDate: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyId: string;
  readonly referringPhysicianName: string;
}

/** The study's header, from its first instance. */
export interface StudyHeader {
  readonly studyInstanceUid: string;
  readonly patient: Patient;
  readonly accessionNumber: string;
  readonly description: string;
  readonly orderPriority: OrderPriority;
  /** StudyDate and StudyTime as an instant without zone ("2026-03-01T22:14:05"), or null. */
  readonly studyAt: string | null;
}

/** Something that was received or read and could not be used, and why. */
export interface Skipped {
  /** A file, or the SOP Instance UID where there is no file name. */
  readonly file: string;
  readonly reason: string;
}

/** A series of a study, and whether it is the one that was scored. */
export interface SeriesChoice {
  readonly seriesInstanceUid: string;
  readonly description: string;
  readonly modality: string;
  readonly instanceCount: number;
  readonly chosen: boolean;
  /** Why it was chosen, or why not: one plain sentence. */
  readonly reason: string;
}
