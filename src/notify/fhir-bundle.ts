/**
 * @file A notice as FHIR R4: an Observation, a DiagnosticReport that holds it and a Task that asks for the reading,
 * in one transaction.
 *
 * Each is a conditional update by our own identifier of the study: sent twice it changes nothing, and what is said
 * later of a study takes the place of what was said before.
 */
import type {
  Bundle,
  BundleEntry,
  CodeableConcept,
  DiagnosticReport,
  FhirResource,
  Identifier,
  Observation,
  Reference,
  Task,
} from "fhir/r4.js";

import {
  BRAIN,
  CERTAINTY_OF_FINDING,
  CT_HEAD_REPORT,
  FHIR_SYSTEMS,
  INTERPRETATION,
  INTRACRANIAL_HEMORRHAGE,
  NOT_DETECTED,
  SUSPECTED,
  type Code,
} from "./codes.ts";
import { headline, modelWords, percentOf, RESEARCH_USE, type Notice } from "./notice.ts";

/** Names what we make: the system of our identifiers. A UUID of our own (RFC 9562), as no address is ours. */
export const OUR_SYSTEM = "urn:uuid:3f0a51c2-86a4-4b0a-9f4e-0c1f5e6d7a31";

const concept = (code: Code): CodeableConcept => ({
  coding: [{ system: FHIR_SYSTEMS[code.scheme], code: code.value, display: code.meaning }],
});

const fromHl7 = (table: string, code: string, display: string): CodeableConcept => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${table}`, code, display }],
});

const percent = (probability: number) => ({
  value: percentOf(probability),
  unit: "%",
  system: "http://unitsofmeasure.org",
  code: "%",
});

/** The transaction for a notice about a study. */
export function fhirTransaction(notice: Notice): Bundle {
  const resources = resourcesOf(notice);
  return {
    resourceType: "Bundle",
    type: "transaction",
    timestamp: notice.at,
    entry: resources.map((resource) => toEntry(resource, notice)),
  };
}

function resourcesOf(notice: Notice): FhirResource[] {
  const { event, finding } = notice;
  const hasFinding = finding !== null && event !== "failed";
  const observed = hasFinding || event === "failed" ? [observation(notice)] : [];
  return [...observed, ...(observed.length > 0 ? [report(notice)] : []), task(notice)];
}

/** What a kind of resource is called in our identifiers. */
const NAMES = { Observation: "hemorrhage", DiagnosticReport: "report", Task: "reading" } as const;
type Kind = keyof typeof NAMES;

const identifierOf = (kind: Kind, { reference }: Notice): Identifier => ({
  system: OUR_SYSTEM,
  value: `${reference}-${NAMES[kind]}`,
});

/** Inside the transaction: a server replaces it by the address that it gives. */
const urlOf = (kind: Kind, notice: Notice): string => `urn:uuid:${uuidOf(kind, notice.id)}`;

/** Another UUID for each kind: the notice's with its last digits replaced. */
function uuidOf(kind: Kind, id: string): string {
  const n = Object.keys(NAMES).indexOf(kind) + 1;
  return `${id.slice(0, -2)}${n.toString(16).padStart(2, "0")}`;
}

function toEntry(resource: FhirResource, notice: Notice): BundleEntry {
  const kind = resource.resourceType as Kind;
  const { system, value } = identifierOf(kind, notice);
  const query = `identifier=${encodeURIComponent(`${system}|${value}`)}`;
  return { fullUrl: urlOf(kind, notice), resource, request: { method: "PUT", url: `${kind}?${query}` } };
}

/** Who and which study, as far as the configuration names them. */
function subjectOf({ included }: Notice): { subject?: Reference } {
  const { patientId, patientName } = included;
  if (patientId === undefined && patientName === undefined) return {};
  return {
    subject: {
      type: "Patient",
      ...(patientId === undefined
        ? {}
        : { identifier: { type: fromHl7("v2-0203", "MR", "Medical record number"), value: patientId } }),
      ...(patientName === undefined ? {} : { display: patientName.replaceAll("^", " ").trim() }),
    },
  };
}

const studyReference = (uid: string): Reference => ({
  type: "ImagingStudy",
  identifier: { system: "urn:dicom:uid", value: `urn:oid:${uid}` },
});

const orderReference = (accession: string): Reference => ({
  type: "ServiceRequest",
  identifier: { type: fromHl7("v2-0203", "ACSN", "Accession ID"), value: accession },
});

const basedOn = ({ included: { accessionNumber } }: Notice): { basedOn?: Reference[] } =>
  accessionNumber === undefined ? {} : { basedOn: [orderReference(accessionNumber)] };

function observation(notice: Notice): Observation {
  const { event, at, finding } = notice;
  const common: Observation = {
    resourceType: "Observation",
    identifier: [identifierOf("Observation", notice)],
    // No one has verified it; a failure has no value, and says why.
    status: "preliminary",
    category: [fromHl7("observation-category", "imaging", "Imaging")],
    code: concept(INTRACRANIAL_HEMORRHAGE),
    ...subjectOf(notice),
    ...basedOn(notice),
    effectiveDateTime: at,
    bodySite: concept(BRAIN),
    note: [{ text: RESEARCH_USE }],
  };
  if (!finding || event === "failed") {
    return { ...common, dataAbsentReason: fromHl7("data-absent-reason", "error", "Error") };
  }
  const { flagged, probability, threshold, model } = finding;
  const normal = fromHl7("referencerange-meaning", "normal", "Normal Range");
  return {
    ...common,
    valueCodeableConcept: concept(flagged ? SUSPECTED : NOT_DETECTED),
    interpretation: [
      flagged
        ? fromHl7("v3-ObservationInterpretation", "AA", "Critical abnormal")
        : fromHl7("v3-ObservationInterpretation", "N", "Normal"),
    ],
    device: { type: "Device", display: modelWords(model) },
    component: [
      {
        code: concept(CERTAINTY_OF_FINDING),
        valueQuantity: percent(probability),
        referenceRange: [{ type: normal, high: percent(threshold) }],
      },
    ],
  };
}

function report(notice: Notice): DiagnosticReport {
  const { at, finding, link, included } = notice;
  const { studyInstanceUid } = included;
  return {
    resourceType: "DiagnosticReport",
    identifier: [identifierOf("DiagnosticReport", notice)],
    status: "preliminary",
    category: [fromHl7("v2-0074", "CT", "CAT Scan")],
    code: concept(CT_HEAD_REPORT),
    ...subjectOf(notice),
    ...basedOn(notice),
    effectiveDateTime: at,
    issued: at,
    result: [{ type: "Observation", reference: urlOf("Observation", notice) }],
    ...(studyInstanceUid === undefined ? {} : { imagingStudy: [studyReference(studyInstanceUid)] }),
    conclusion: `${headline(notice)}. ${RESEARCH_USE}`,
    ...(finding?.flagged ? { conclusionCode: [concept(INTRACRANIAL_HEMORRHAGE)] } : {}),
    presentedForm: [{ contentType: "text/html", url: link, title: "Open the study in FirstRead" }],
  };
}

/** That someone reads it: at once, or (a study that is no longer suspected) not for our sake. */
function task(notice: Notice): Task {
  const { event, at, finding, tier, reason } = notice;
  const isPressing = event === "flagged" || event === "top-tier";
  const hasReport = finding !== null || event === "failed";
  return {
    resourceType: "Task",
    identifier: [identifierOf("Task", notice)],
    status: event === "cleared" ? "cancelled" : "requested",
    intent: "proposal",
    priority: isPressing ? "stat" : "routine",
    code: concept(INTERPRETATION),
    description: [headline(notice), reason, tier === null ? "" : `Tier: ${tier}.`, RESEARCH_USE]
      .filter((part) => part !== "")
      .join(" "),
    ...(hasReport
      ? { focus: { type: "DiagnosticReport", reference: urlOf("DiagnosticReport", notice) } }
      : {}),
    authoredOn: at,
    lastModified: at,
    ...(finding?.flagged ? { reasonCode: concept(INTRACRANIAL_HEMORRHAGE) } : {}),
    note: [{ text: `Open: ${notice.link}` }],
  };
}
