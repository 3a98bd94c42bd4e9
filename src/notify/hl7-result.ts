/**
 * @file A notice as an unsolicited observation, ORU^R01 of HL7 2.5.1.
 *
 * Without a patient in the configuration PID names nobody: the study's reference, typed anonymous (table 0203) and
 * pseudonymous (table 0200).
 */
import {
  ALGORITHM_NAME,
  ALGORITHM_VERSION,
  CERTAINTY_OF_FINDING,
  CT_HEAD_REPORT,
  INTRACRANIAL_HEMORRHAGE,
  NOT_DETECTED,
  SUSPECTED,
  type Code,
} from "./codes.ts";
import { coded, escapeHl7, headerSegment, hl7Time, segment } from "./hl7-text.ts";
import { headline, percentOf, RESEARCH_USE, type Notice } from "./notice.ts";

/** Who we are and whom we speak to (MSH-3 to MSH-6). */
export interface Hl7Parties {
  readonly sendingApplication: string;
  readonly sendingFacility: string;
  readonly receivingApplication: string;
  readonly receivingFacility: string;
}

/** MSH-10 has at most 20 characters in 2.5.1. */
const LONGEST_CONTROL_ID = 20;

/** The message's own name, the same at each attempt. */
export const controlIdOf = ({ id }: Notice): string => id.replaceAll("-", "").slice(0, LONGEST_CONTROL_ID);

/**
 * Table 0123 (OBR-25) and table 0085 (OBX-11): P preliminary, for no one has verified it; C a correction of what was
 * said before; X no result can be had; I none yet.
 */
const STATUS: Readonly<Record<Notice["event"], { readonly report: string; readonly value: string }>> = {
  flagged: { report: "P", value: "P" },
  cleared: { report: "C", value: "C" },
  failed: { report: "X", value: "X" },
  "top-tier": { report: "I", value: "P" },
  test: { report: "I", value: "P" },
};

/** The message, its segments ended by CR. */
export function resultMessage(notice: Notice, parties: Hl7Parties, sentAt: Date): string {
  const { event, at, reference, link, reason } = notice;
  const eventAt = hl7Time(new Date(at));
  const accession = escapeHl7(notice.included.accessionNumber ?? reference);
  const segments = [
    headerSegment({
      3: escapeHl7(parties.sendingApplication),
      4: escapeHl7(parties.sendingFacility),
      5: escapeHl7(parties.receivingApplication),
      6: escapeHl7(parties.receivingFacility),
      7: hl7Time(sentAt),
      9: "ORU^R01^ORU_R01",
      10: controlIdOf(notice),
      11: event === "test" ? "T" : "P", // table 0103: training, production
      12: "2.5.1",
      18: "UNICODE UTF-8",
    }),
    patientSegment(notice),
    segment("OBR", {
      1: "1",
      3: `${accession}^${escapeHl7(parties.sendingApplication)}`,
      4: coded(CT_HEAD_REPORT),
      7: eventAt,
      18: accession,
      22: eventAt,
      24: "CT", // table 0074
      25: STATUS[event].report,
    }),
    ...noteSegments([headline(notice), reason, `Open: ${link}`, RESEARCH_USE]),
    // Table 0485: stat. A study that no longer is suspected asks for nobody's haste.
    ...(event === "flagged" || event === "top-tier" ? [segment("TQ1", { 1: "1", 9: "S^Stat^HL70485" })] : []),
    ...observationSegments(notice, eventAt),
  ];
  return `${segments.join("\r")}\r`;
}

function patientSegment({ reference, included }: Notice): string {
  const { patientId, patientName, patientSex } = included;
  const sex = patientSex === "M" || patientSex === "F" || patientSex === "O" ? patientSex : "";
  return segment("PID", {
    1: "1",
    3: patientId === undefined ? `${reference}^^^FIRSTREAD^ANON` : `${escapeHl7(patientId)}^^^^PI`,
    5: patientName === undefined ? `STUDY^${reference}^^^^^S` : personName(patientName),
    8: sex,
  });
}

/** DICOM's Person Name (PS3.5, 6.2: family^given^middle^prefix^suffix) as HL7's (…^suffix^prefix), type legal. */
function personName(name: string): string {
  const [family = "", given = "", middle = "", prefix = "", suffix = ""] = (name.split("=")[0] ?? "")
    .split("^")
    .map(escapeHl7);
  return [family, given, middle, suffix, prefix, "", "L"].join("^");
}

const noteSegments = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => line !== "")
    .map((line, i) => segment("NTE", { 1: String(i + 1), 2: "L", 3: escapeHl7(line) }));

function observationSegments(notice: Notice, at: string): string[] {
  const { event, finding } = notice;
  if (event === "test") return [];
  const status = STATUS[event].value;
  const observation = (
    n: number,
    type: string,
    code: Code,
    value: string,
    more: Record<number, string> = {},
  ) => segment("OBX", { 1: String(n), 2: type, 3: coded(code), 5: value, 11: status, 14: at, ...more });
  if (event === "failed") return [observation(1, "CWE", INTRACRANIAL_HEMORRHAGE, "")];
  if (!finding) return [];
  const { probability, threshold, flagged, model } = finding;
  const limit = `<${percentOf(threshold)}`;
  return [
    // Table 0078: AA very abnormal, N normal, H above the normal range.
    observation(1, "CWE", INTRACRANIAL_HEMORRHAGE, coded(flagged ? SUSPECTED : NOT_DETECTED), {
      8: flagged ? "AA" : "N",
    }),
    observation(2, "NM", CERTAINTY_OF_FINDING, String(percentOf(probability)), {
      6: "%^percent^UCUM",
      7: limit,
      8: flagged ? "H" : "N",
    }),
    observation(3, "ST", ALGORITHM_NAME, escapeHl7(model.name)),
    observation(4, "ST", ALGORITHM_VERSION, escapeHl7(model.version)),
  ];
}
