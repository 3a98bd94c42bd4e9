/**
 * @file Protocol data units of the DICOM upper layer (PS3.8 section 9.3): bytes to values and back.
 *
 * P-DATA-TF is not here as a whole: its fragments are streamed, never gathered (see `association.ts`).
 */

export const PDU = {
  associateRequest: 0x01,
  associateAccept: 0x02,
  associateReject: 0x03,
  data: 0x04,
  releaseRequest: 0x05,
  releaseResponse: 0x06,
  abort: 0x07,
} as const;

/** Bytes that break the protocol, with what was expected where. The association is aborted. */
export class ProtocolError extends Error {
  /** Reason of the A-ABORT, PS3.8 table 9-26. */
  readonly abortReason: number;

  constructor(message: string, abortReason: number = ABORT_REASON.invalidParameter) {
    super(message);
    this.name = "ProtocolError";
    this.abortReason = abortReason;
  }
}

export const ABORT_REASON = {
  notSpecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  unexpectedParameter: 5,
  invalidParameter: 6,
} as const;

/** A presentation context as proposed: an odd ID, one abstract syntax, its transfer syntaxes. */
export interface ProposedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** Results of PS3.8 table 9-18. */
export const CONTEXT_RESULT = {
  accepted: 0,
  abstractSyntaxNotSupported: 3,
  transferSyntaxesNotSupported: 4,
} as const;

/** The answer to one proposed context; `transferSyntax` counts only when accepted. */
export interface ContextResult {
  readonly id: number;
  readonly result: number;
  readonly transferSyntax: string;
}

/** What an A-ASSOCIATE-RQ says. */
export interface AssociateRequest {
  readonly protocolVersion: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  readonly applicationContext: string;
  readonly contexts: readonly ProposedContext[];
  /** The longest P-DATA-TF the sender wants to receive, in bytes; 0 is unlimited. */
  readonly maxPduLength: number;
}

/** What an A-ASSOCIATE-AC says. */
export interface AssociateAccept {
  readonly contexts: readonly ContextResult[];
  readonly maxPduLength: number;
}

/** Result, source and reason of an A-ASSOCIATE-RJ: PS3.8 table 9-21. */
export interface Rejection {
  readonly result: number;
  readonly source: number;
  readonly reason: number;
}

export const REJECTION = {
  applicationContextNotSupported: { result: 1, source: 1, reason: 2 },
  callingAeTitleNotRecognized: { result: 1, source: 1, reason: 3 },
  calledAeTitleNotRecognized: { result: 1, source: 1, reason: 7 },
  protocolVersionNotSupported: { result: 1, source: 2, reason: 2 },
  localLimitExceeded: { result: 2, source: 3, reason: 2 },
} as const satisfies Record<string, Rejection>;

/** Who we say we are in user information. */
export interface Implementation {
  readonly classUid: string;
  readonly versionName: string;
}

const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("latin1")
    .replace(/^[ \0]+|[ \0]+$/g, "");

/** One item or sub-item: type, a reserved byte, a 16-bit length, a value. */
interface Item {
  readonly type: number;
  readonly value: Buffer;
}

function* items(bytes: Buffer, where: string): Generator<Item> {
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length)
      throw new ProtocolError(`${where}: ${bytes.length - at} stray bytes at its end`);
    const length = bytes.readUInt16BE(at + 2);
    const end = at + 4 + length;
    if (end > bytes.length) {
      throw new ProtocolError(`${where}: an item of ${length} bytes where ${bytes.length - at - 4} are left`);
    }
    yield { type: bytes.readUInt8(at), value: bytes.subarray(at + 4, end) };
    at = end;
  }
}

function userMaxPduLength(value: Buffer): number {
  for (const item of items(value, "user information")) {
    if (item.type === 0x51 && item.value.length >= 4) return item.value.readUInt32BE(0);
  }
  return 0;
}

function proposedContext(value: Buffer): ProposedContext {
  if (value.length < 4) throw new ProtocolError("A presentation context of fewer than 4 bytes");
  let abstractSyntax = "";
  const transferSyntaxes: string[] = [];
  for (const item of items(value.subarray(4), "presentation context")) {
    if (item.type === 0x30) abstractSyntax = text(item.value);
    else if (item.type === 0x40) transferSyntaxes.push(text(item.value));
  }
  return { id: value.readUInt8(0), abstractSyntax, transferSyntaxes };
}

/**
 * Reads the body (everything behind the 6-byte header) of an A-ASSOCIATE-RQ, PS3.8 9.3.2.
 * @throws {ProtocolError} for lengths that do not fit, even or repeated context IDs.
 */
export function parseAssociateRequest(body: Buffer): AssociateRequest {
  if (body.length < 68)
    throw new ProtocolError(`A-ASSOCIATE-RQ of ${body.length} bytes; expected at least 68`);
  const contexts: ProposedContext[] = [];
  const ids = new Set<number>();
  let applicationContext = "";
  let maxPduLength = 0;
  for (const item of items(body.subarray(68), "A-ASSOCIATE-RQ")) {
    if (item.type === 0x10) applicationContext = text(item.value);
    else if (item.type === 0x50) maxPduLength = userMaxPduLength(item.value);
    else if (item.type === 0x20) {
      const context = proposedContext(item.value);
      if (context.id % 2 === 0 || ids.has(context.id)) {
        throw new ProtocolError(`Presentation context ID ${context.id} is even or proposed twice`);
      }
      ids.add(context.id);
      contexts.push(context);
    }
  }
  return {
    protocolVersion: body.readUInt16BE(0),
    calledAeTitle: text(body.subarray(4, 20)),
    callingAeTitle: text(body.subarray(20, 36)),
    applicationContext,
    contexts,
    maxPduLength,
  };
}

/** Reads the body of an A-ASSOCIATE-AC, PS3.8 9.3.3. @throws {ProtocolError} for lengths that do not fit. */
export function parseAssociateAccept(body: Buffer): AssociateAccept {
  if (body.length < 68)
    throw new ProtocolError(`A-ASSOCIATE-AC of ${body.length} bytes; expected at least 68`);
  const contexts: ContextResult[] = [];
  let maxPduLength = 0;
  for (const item of items(body.subarray(68), "A-ASSOCIATE-AC")) {
    if (item.type === 0x50) maxPduLength = userMaxPduLength(item.value);
    else if (item.type === 0x21) {
      if (item.value.length < 4) throw new ProtocolError("A presentation context of fewer than 4 bytes");
      const syntax = [...items(item.value.subarray(4), "presentation context")].find((i) => i.type === 0x40);
      contexts.push({
        id: item.value.readUInt8(0),
        result: item.value.readUInt8(2),
        transferSyntax: syntax === undefined ? "" : text(syntax.value),
      });
    }
  }
  return { contexts, maxPduLength };
}

/** A PDU: type, length, body. */
export function pdu(type: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function item(type: number, ...values: readonly (string | Uint8Array)[]): Buffer {
  const value = Buffer.concat(values.map((v) => (typeof v === "string" ? Buffer.from(v, "latin1") : v)));
  const header = Buffer.alloc(4);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value]);
}

function fixedPart(calledAeTitle: string, callingAeTitle: string): Buffer {
  const bytes = Buffer.alloc(68);
  bytes.writeUInt16BE(1, 0); // protocol version
  bytes.write(calledAeTitle.slice(0, 16).padEnd(16), 4, "latin1");
  bytes.write(callingAeTitle.slice(0, 16).padEnd(16), 20, "latin1");
  return bytes;
}

function userInformation(maxPduLength: number, implementation: Implementation): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(maxPduLength);
  return item(
    0x50,
    item(0x51, length),
    item(0x52, implementation.classUid),
    item(0x55, implementation.versionName),
  );
}

/** Writes an A-ASSOCIATE-RQ, whole. */
export function associateRequest(request: AssociateRequest, implementation: Implementation): Buffer {
  return pdu(
    PDU.associateRequest,
    Buffer.concat([
      fixedPart(request.calledAeTitle, request.callingAeTitle),
      item(0x10, request.applicationContext),
      ...request.contexts.map((context) =>
        item(
          0x20,
          Uint8Array.of(context.id, 0, 0, 0),
          item(0x30, context.abstractSyntax),
          ...context.transferSyntaxes.map((uid) => item(0x40, uid)),
        ),
      ),
      userInformation(request.maxPduLength, implementation),
    ]),
  );
}

/** Writes an A-ASSOCIATE-AC, whole; AE titles are echoed as the standard asks. */
export function associateAccept(
  request: AssociateRequest,
  accept: AssociateAccept,
  implementation: Implementation,
): Buffer {
  return pdu(
    PDU.associateAccept,
    Buffer.concat([
      fixedPart(request.calledAeTitle, request.callingAeTitle),
      item(0x10, request.applicationContext),
      ...accept.contexts.map((context) =>
        item(0x21, Uint8Array.of(context.id, 0, context.result, 0), item(0x40, context.transferSyntax)),
      ),
      userInformation(accept.maxPduLength, implementation),
    ]),
  );
}

/** Writes an A-ASSOCIATE-RJ, whole. */
export const associateReject = ({ result, source, reason }: Rejection): Buffer =>
  pdu(PDU.associateReject, Uint8Array.of(0, result, source, reason));

export const releaseRequest = (): Buffer => pdu(PDU.releaseRequest, new Uint8Array(4));
export const releaseResponse = (): Buffer => pdu(PDU.releaseResponse, new Uint8Array(4));

/** Writes an A-ABORT: source 0 is the user of the service, 2 the provider, which alone gives reasons. */
export const abort = (source: 0 | 2, reason: number): Buffer =>
  pdu(PDU.abort, Uint8Array.of(0, 0, source, reason));

/** Flags of a presentation data value's message control header, PS3.8 Annex E.2. */
export const FRAGMENT = { command: 1, last: 2 } as const;

/** The 12 bytes before one fragment sent as a P-DATA-TF of its own. */
export function dataHeader(contextId: number, flags: number, fragmentLength: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(PDU.data, 0);
  header.writeUInt32BE(fragmentLength + 6, 2);
  header.writeUInt32BE(fragmentLength + 2, 6);
  header.writeUInt8(contextId, 10);
  header.writeUInt8(flags, 11);
  return header;
}
