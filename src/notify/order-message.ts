/**
 * @file Orders as HL7 v2 messages (ORM^O01, OMI^O23): which study's priority and patient class they set.
 *
 * Read tolerantly where the standard's versions differ; what cannot be understood is refused with a reason, never
 * guessed.
 */
import { Hl7Message, type Hl7Segment } from "@medplum/core";

import type { OrderPriority, PatientClass } from "../domain/study.ts";
import type { AccessionField } from "./accession-fields.ts";
import { unescapeHl7 } from "./hl7-text.ts";

/** What a message says of one study. */
export interface PlacedOrder {
  readonly accessionNumber: string;
  /** null where the message does not say. */
  readonly orderPriority: OrderPriority | null;
  readonly patientClass: PatientClass | null;
  /** The order was cancelled: nothing is to be expected of it any more. */
  readonly isCancelled: boolean;
}

export interface OrderMessage {
  /** MSH-3 and MSH-4, for the audit. */
  readonly sender: string;
  readonly controlId: string;
  readonly orders: readonly PlacedOrder[];
}

/** Why a message is not taken: the acknowledgement's code (table 0008), the error's (table 0357), and words. */
export class BadOrder extends Error {
  readonly ack: "AE" | "AR";
  readonly errorCode: string;

  constructor(ack: "AE" | "AR", errorCode: string, message: string) {
    super(message);
    this.name = "BadOrder";
    this.ack = ack;
    this.errorCode = errorCode;
  }
}

const REQUIRED_FIELD_MISSING = "101";
const TABLE_VALUE_NOT_FOUND = "103";
const UNSUPPORTED_MESSAGE_TYPE = "200";

/** Table 0485, and what TQ-6 and OBR-5 had before it. */
const PRIORITIES: Readonly<Record<string, OrderPriority>> = {
  S: "stat",
  STAT: "stat",
  A: "urgent",
  ASAP: "urgent",
  UR: "urgent",
  T: "urgent", // timing critical
  P: "urgent", // before an operation
  R: "routine",
  C: "routine", // call back
  PRN: "routine",
  L: "low", // not of the standard, and common
};

/** Table 0004. */
const CLASSES: Readonly<Record<string, PatientClass>> = {
  E: "emergency",
  I: "inpatient",
  B: "inpatient", // obstetrics
  O: "outpatient",
  P: "outpatient", // before admission
  R: "outpatient", // recurring
  C: "unknown",
  N: "unknown",
  U: "unknown",
};

/** ORC-1, table 0119: cancelled, discontinued, replaced by another, deleted. */
const CANCELLING = new Set(["CA", "OC", "CR", "DC", "OD", "DR", "RQ"]);

/**
 * @param accessionFrom where this sender puts the accession number, the likeliest first
 * @throws BadOrder
 */
export function parseOrders(text: string, accessionFrom: readonly AccessionField[]): OrderMessage {
  const message = parseHl7(text);
  const header = message.segments[0];
  const [type, trigger] = [partOf(header, 9, 0), partOf(header, 9, 1)];
  if (!(type === "ORM" && trigger === "O01") && !(type === "OMI" && trigger === "O23")) {
    const got = `${type}^${trigger}`.slice(0, 40);
    throw new BadOrder("AR", UNSUPPORTED_MESSAGE_TYPE, `MSH-9: expected ORM^O01 or OMI^O23, got ${got}.`);
  }
  const controlId = partOf(header, 10, 0);
  if (controlId === "") throw missing("MSH-10", "a control ID");
  const visit = message.segments.find(({ name }) => name === "PV1");
  const patientClass = lookUp("PV1-2", partOf(visit, 2, 0), CLASSES);
  const groups = orderGroups(message.segments);
  if (groups.length === 0) throw missing("ORC", "at least one order");
  const sender = [partOf(header, 3, 0), partOf(header, 4, 0)].filter((part) => part !== "").join(" ");
  const orders = groups.map((group) => toOrder(group, patientClass, accessionFrom));
  return { sender, controlId, orders };
}

/** @throws BadOrder where the text is no HL7 message at all */
export function parseHl7(text: string): Hl7Message {
  try {
    // Some senders end segments as their system ends lines.
    const message = Hl7Message.parse(text.replaceAll(/\r?\n/g, "\r"));
    if (message.segments[0]?.name === "MSH" && message.segments[0].fields.length > 2) return message;
  } catch {
    // Said below.
  }
  throw new BadOrder("AR", "100", "Expected an HL7 message that begins with MSH.");
}

/** One order: from its ORC (or a bare OBR) to the next. */
type Group = readonly Hl7Segment[];

function orderGroups(segments: readonly Hl7Segment[]): Group[] {
  const groups: Hl7Segment[][] = [];
  for (const one of segments) {
    const current = groups.at(-1);
    const isNew = one.name === "ORC" || (one.name === "OBR" && (!current || current.some(isObr)));
    if (isNew) groups.push([one]);
    else current?.push(one);
  }
  return groups;
}

const isObr = ({ name }: Hl7Segment): boolean => name === "OBR";

function toOrder(
  group: Group,
  patientClass: PatientClass | null,
  accessionFrom: readonly AccessionField[],
): PlacedOrder {
  const accessionNumber = accessionFrom
    .map((field) => fieldOf(group, field, 0))
    .find((value) => value !== "");
  if (accessionNumber === undefined) throw missing(accessionFrom.join(", "), "an accession number");
  if (accessionNumber.length > 64) {
    throw new BadOrder("AE", "102", `${accessionFrom.join(", ")}: expected at most 64 characters.`);
  }
  return {
    accessionNumber,
    orderPriority: priorityOf(group),
    patientClass,
    isCancelled: CANCELLING.has(fieldOf(group, "ORC-1", 0)),
  };
}

/** TQ1-9 since 2.5; before it the sixth component of OBR-27 or ORC-7; before that OBR-5. */
function priorityOf(group: Group): OrderPriority | null {
  const places = [
    ["TQ1-9", 0],
    ["OBR-27", 5],
    ["ORC-7", 5],
    ["OBR-5", 0],
  ] as const;
  for (const [field, component] of places) {
    const value = fieldOf(group, field, component);
    if (value !== "") return lookUp(field, value, PRIORITIES);
  }
  return null;
}

/** A table's meaning of a value; null where there is none. @throws BadOrder for a value that it lacks */
function lookUp<T>(field: string, value: string, table: Readonly<Record<string, T>>): T | null {
  if (value === "" || value === '""') return null;
  const key = value.toUpperCase();
  if (Object.hasOwn(table, key)) return table[key] ?? null;
  const expected = Object.keys(table).join(", ");
  throw new BadOrder(
    "AE",
    TABLE_VALUE_NOT_FOUND,
    `${field}: expected one of ${expected}, got ${value.slice(0, 20)}.`,
  );
}

const missing = (field: string, expected: string): BadOrder =>
  new BadOrder("AE", REQUIRED_FIELD_MISSING, `${field}: expected ${expected}, got nothing.`);

function fieldOf(group: Group, field: string, component: number): string {
  const [name, number] = field.split("-");
  return partOf(
    group.find((one) => one.name === name),
    Number(number),
    component,
  );
}

/** A component (from 0) of a field's first repetition as text, "" where there is none. */
function partOf(one: Hl7Segment | undefined, field: number, component: number): string {
  const part = one?.getField(field)?.components[0]?.[component] ?? "";
  return unescapeHl7(part).trim();
}
