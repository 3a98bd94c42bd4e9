/**
 * @file One association as its requestor: opened, used for one message after the other, released.
 */
import type { Socket } from "node:net";
import { connect } from "node:net";

import { ByteReader } from "./byte-reader.ts";
import type { CommandSet } from "./command-set.ts";
import { parseCommandSet, writeCommandSet } from "./command-set.ts";
import { fragmentBytes, writeFragment } from "./fragments.ts";
import type { AssociateAccept, ProposedContext } from "./pdu.ts";
import {
  abort,
  ABORT_REASON,
  associateRequest,
  CONTEXT_RESULT,
  FRAGMENT,
  parseAssociateAccept,
  PDU,
  ProtocolError,
  releaseRequest,
} from "./pdu.ts";
import { APPLICATION_CONTEXT, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from "./uids.ts";

export interface RemoteEntity {
  readonly host: string;
  readonly port: number;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  /** Give up when the other side says nothing for so long. Default 60,000. */
  readonly timeoutMs?: number;
}

/** The other side said no, or nothing: the association could not be used. */
export class AssociationFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssociationFailed";
  }
}

/** Reasons of PS3.8 table 9-21, by source. */
const REJECT_REASONS: Readonly<Record<string, string>> = {
  "1.1": "no reason given",
  "1.2": "application context not supported",
  "1.3": "calling AE title not recognised",
  "1.7": "called AE title not recognised",
  "2.1": "no reason given",
  "2.2": "protocol version not supported",
  "3.1": "temporary congestion",
  "3.2": "local limit exceeded",
};

const MAX_RESPONSE_BYTES = 1024 * 1024;

export class Requestor {
  readonly #socket: Socket;
  readonly #reader: ByteReader;
  readonly #accept: AssociateAccept;
  #messageId = 0;

  private constructor(socket: Socket, reader: ByteReader, accept: AssociateAccept) {
    this.#socket = socket;
    this.#reader = reader;
    this.#accept = accept;
  }

  /**
   * Opens an association with the proposed contexts (at most 128, odd IDs).
   * @throws {AssociationFailed} with the other side's reason.
   */
  static async open(remote: RemoteEntity, contexts: readonly ProposedContext[]): Promise<Requestor> {
    const where = `${remote.calledAeTitle} at ${remote.host}:${remote.port}`;
    const timeoutMs = remote.timeoutMs ?? 60_000;
    const socket = connect({ host: remote.host, port: remote.port, noDelay: true });
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new AssociationFailed(`${where} said nothing for ${timeoutMs} ms`)),
    );
    const reader = new ByteReader(socket);
    try {
      await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
      socket.on("error", () => undefined); // met again by whoever reads
      socket.write(
        associateRequest(
          {
            protocolVersion: 1,
            calledAeTitle: remote.calledAeTitle,
            callingAeTitle: remote.callingAeTitle,
            applicationContext: APPLICATION_CONTEXT,
            contexts,
            maxPduLength: 128 * 1024,
          },
          { classUid: IMPLEMENTATION_CLASS_UID, versionName: IMPLEMENTATION_VERSION_NAME },
        ),
      );
      const { type, body } = await readPdu(reader);
      if (type === PDU.associateAccept) return new Requestor(socket, reader, parseAssociateAccept(body));
      if (type === PDU.associateReject && body.length >= 4) {
        const reason = REJECT_REASONS[`${body.readUInt8(2)}.${body.readUInt8(3)}`] ?? "unknown reason";
        throw new AssociationFailed(`${where} rejected the association: ${reason}`);
      }
      throw new AssociationFailed(`${where} answered the association request with PDU type ${type}`);
    } catch (cause) {
      socket.destroy();
      if (cause instanceof AssociationFailed) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AssociationFailed(`No association with ${where}: ${why}`, { cause });
    }
  }

  /** The transfer syntax accepted for a context, or null when it was not accepted. */
  accepted(contextId: number): string | null {
    const context = this.#accept.contexts.find(({ id }) => id === contextId);
    return context?.result === CONTEXT_RESULT.accepted ? context.transferSyntax : null;
  }

  /**
   * Sends a request, with a data set if given, and waits for its response.
   * @throws {AssociationFailed} when the association broke.
   */
  async request(
    contextId: number,
    command: Omit<CommandSet, "messageId" | "hasDataSet">,
    dataSet?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<CommandSet> {
    this.#messageId = (this.#messageId % 0xffff) + 1;
    const bytes = writeCommandSet({
      ...command,
      messageId: this.#messageId,
      hasDataSet: dataSet !== undefined,
    });
    try {
      await writeFragment(this.#socket, contextId, FRAGMENT.command | FRAGMENT.last, bytes);
      if (dataSet !== undefined) await this.#dataSet(contextId, dataSet);
      return await this.#response();
    } catch (cause) {
      this.#socket.destroy();
      if (cause instanceof AssociationFailed) throw cause;
      throw new AssociationFailed(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  async #dataSet(contextId: number, parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const most = fragmentBytes(this.#accept.maxPduLength);
    // One fragment is held back, since only the last may say that it is.
    let held: Uint8Array = new Uint8Array(0);
    for await (const part of parts) {
      for (let at = 0; at < part.length; at += most) {
        if (held.length > 0) await writeFragment(this.#socket, contextId, 0, held);
        held = part.subarray(at, at + most);
      }
    }
    await writeFragment(this.#socket, contextId, FRAGMENT.last, held);
  }

  async #response(): Promise<CommandSet> {
    const parts: Buffer[] = [];
    for (;;) {
      const { type, body } = await readPdu(this.#reader);
      if (type === PDU.abort) throw new AssociationFailed("The other side aborted the association");
      if (type !== PDU.data) throw new ProtocolError(`Expected a response, got PDU type ${type}`);
      for (let at = 0; at + 6 <= body.length;) {
        const length = body.readUInt32BE(at);
        if (length < 2 || at + 4 + length > body.length) {
          throw new ProtocolError(`A fragment of ${length} bytes in ${body.length}`);
        }
        parts.push(body.subarray(at + 6, at + 4 + length));
        if ((body.readUInt8(at + 5) & FRAGMENT.last) !== 0) {
          const response = parseCommandSet(Buffer.concat(parts));
          if (response.messageIdRespondedTo === this.#messageId) return response;
          parts.length = 0;
        }
        at += 4 + length;
      }
    }
  }

  /** Releases the association and closes the connection. Never throws. */
  async release(): Promise<void> {
    try {
      this.#socket.write(releaseRequest());
      await readPdu(this.#reader);
    } catch {
      // The other side went first: there is nothing left to release.
    }
    this.#socket.destroy();
  }

  /** Gives the association up. */
  abort(): void {
    if (!this.#socket.destroyed) this.#socket.write(abort(0, ABORT_REASON.notSpecified));
    this.#socket.destroySoon();
  }
}

async function readPdu(reader: ByteReader): Promise<{ type: number; body: Buffer }> {
  const header = await reader.need(6);
  const length = header.readUInt32BE(2);
  if (length > MAX_RESPONSE_BYTES) throw new ProtocolError(`A PDU of ${length} bytes`);
  return { type: header.readUInt8(0), body: await reader.need(length) };
}
