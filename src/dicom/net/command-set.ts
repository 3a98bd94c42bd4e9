/**
 * @file DIMSE command sets (PS3.7 section 6.3.1 and Annex E): always Implicit VR Little Endian, group 0000.
 */
import { ProtocolError } from "./pdu.ts";

export const COMMAND = {
  storeRequest: 0x0001,
  storeResponse: 0x8001,
  findRequest: 0x0020,
  findResponse: 0x8020,
  echoRequest: 0x0030,
  echoResponse: 0x8030,
  cancelRequest: 0x0fff,
} as const;

/** CommandDataSetType when no data set follows. */
const NO_DATA_SET = 0x0101;

/** The elements of a command set that we use; the others are ignored. */
export interface CommandSet {
  readonly commandField: number;
  /** In a request. */
  readonly messageId?: number;
  /** In a response. */
  readonly messageIdRespondedTo?: number;
  readonly hasDataSet: boolean;
  readonly priority?: number;
  readonly status?: number;
  readonly affectedSopClassUid?: string;
  readonly affectedSopInstanceUid?: string;
  readonly errorComment?: string;
}

const ELEMENT = {
  groupLength: 0x0000,
  affectedSopClassUid: 0x0002,
  commandField: 0x0100,
  messageId: 0x0110,
  messageIdRespondedTo: 0x0120,
  priority: 0x0700,
  dataSetType: 0x0800,
  status: 0x0900,
  errorComment: 0x0902,
  affectedSopInstanceUid: 0x1000,
} as const;

/**
 * Reads a command set.
 * @throws {ProtocolError} when an element does not fit, is not of group 0000, or the command field is absent.
 */
export function parseCommandSet(bytes: Buffer): CommandSet {
  const elements = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length;) {
    if (at + 8 > bytes.length) throw new ProtocolError(`Command set: ${bytes.length - at} stray bytes`);
    const group = bytes.readUInt16LE(at);
    const element = bytes.readUInt16LE(at + 2);
    const length = bytes.readUInt32LE(at + 4);
    if (group !== 0) throw new ProtocolError(`Command set: expected group 0000, got ${group.toString(16)}`);
    if (at + 8 + length > bytes.length) {
      throw new ProtocolError(`Command set: ${length} bytes claimed where ${bytes.length - at - 8} are left`);
    }
    elements.set(element, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const number = (element: number): number | undefined => {
    const value = elements.get(element);
    return value !== undefined && value.length >= 2 ? value.readUInt16LE(0) : undefined;
  };
  const uid = (element: number): string | undefined =>
    elements
      .get(element)
      ?.toString("latin1")
      .replace(/[ \0]+$/, "");
  const commandField = number(ELEMENT.commandField);
  if (commandField === undefined) throw new ProtocolError("Command set without CommandField (0000,0100)");
  return {
    commandField,
    hasDataSet: (number(ELEMENT.dataSetType) ?? NO_DATA_SET) !== NO_DATA_SET,
    ...optional("messageId", number(ELEMENT.messageId)),
    ...optional("messageIdRespondedTo", number(ELEMENT.messageIdRespondedTo)),
    ...optional("priority", number(ELEMENT.priority)),
    ...optional("status", number(ELEMENT.status)),
    ...optional("affectedSopClassUid", uid(ELEMENT.affectedSopClassUid)),
    ...optional("affectedSopInstanceUid", uid(ELEMENT.affectedSopInstanceUid)),
    ...optional("errorComment", uid(ELEMENT.errorComment)),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

/** Writes a command set, elements in order of their tags, group length first. */
export function writeCommandSet(command: CommandSet): Buffer {
  const elements: Buffer[] = [];
  const add = (element: number, value: Buffer): void => {
    const header = Buffer.alloc(8);
    header.writeUInt16LE(element, 2);
    header.writeUInt32LE(value.length, 4);
    elements.push(header, value);
  };
  const addNumber = (element: number, value: number | undefined): void => {
    if (value === undefined) return;
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    add(element, bytes);
  };
  const addText = (element: number, value: string | undefined, pad: string): void => {
    if (value === undefined) return;
    add(element, Buffer.from(value.length % 2 === 0 ? value : value + pad, "latin1"));
  };
  addText(ELEMENT.affectedSopClassUid, command.affectedSopClassUid, "\0");
  addNumber(ELEMENT.commandField, command.commandField);
  addNumber(ELEMENT.messageId, command.messageId);
  addNumber(ELEMENT.messageIdRespondedTo, command.messageIdRespondedTo);
  addNumber(ELEMENT.priority, command.priority);
  addNumber(ELEMENT.dataSetType, command.hasDataSet ? 0x0000 : NO_DATA_SET);
  addNumber(ELEMENT.status, command.status);
  addText(ELEMENT.errorComment, command.errorComment?.slice(0, 64), " ");
  addText(ELEMENT.affectedSopInstanceUid, command.affectedSopInstanceUid, "\0");
  const body = Buffer.concat(elements);
  const groupLength = Buffer.alloc(12);
  groupLength.writeUInt32LE(4, 4);
  groupLength.writeUInt32LE(body.length, 8);
  return Buffer.concat([groupLength, body]);
}
