/**
 * @file One association as its acceptor: the state machine of PS3.8 section 9.2 for the storage, query and
 * verification services, one connection from A-ASSOCIATE-RQ to close.
 *
 * PDUs are handled strictly one after the other, and fragments stream to disk as they arrive: the sender is
 * slowed by TCP, and memory does not depend on what a length field claims. A query is answered beside the reading,
 * since it may be cancelled. Over 400 lines, since one state machine is read best in one place.
 */
import type { Socket } from "node:net";

import type { Acceptance, IncomingInstance } from "../../domain/incoming.ts";
import { ByteReader } from "./byte-reader.ts";
import type { CommandSet } from "./command-set.ts";
import { COMMAND, parseCommandSet, writeCommandSet } from "./command-set.ts";
import { fileHead } from "./file-meta.ts";
import type { OnFind } from "./find-exchange.ts";
import { FindExchange } from "./find-exchange.ts";
import { writeMessage } from "./fragments.ts";
import { IncomingFile } from "./incoming-file.ts";
import { negotiateContexts } from "./negotiation.ts";
import type { AssociateRequest, Rejection } from "./pdu.ts";
import {
  abort,
  ABORT_REASON,
  associateAccept,
  associateReject,
  CONTEXT_RESULT,
  dataHeader,
  FRAGMENT,
  parseAssociateRequest,
  PDU,
  ProtocolError,
  releaseResponse,
} from "./pdu.ts";
import { faultOf, STATUS, storeStatus } from "./status.ts";
import { FIND_ROOTS, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, isStorageClass } from "./uids.ts";

/** What we ask senders to keep to. Larger means fewer headers; senders of DCMTK go no higher. */
const MAX_PDU_LENGTH = 128 * 1024;
/** Some senders overstep what was agreed; beyond this it is no mistake but an attack or noise. */
const MAX_PDU_LENGTH_TOLERATED = 1024 * 1024;
const MAX_ASSOCIATE_LENGTH = 256 * 1024;
const MAX_COMMAND_LENGTH = 64 * 1024;
const MAX_THROWN_AWAY = 1024 * 1024;

const IMPLEMENTATION = { classUid: IMPLEMENTATION_CLASS_UID, versionName: IMPLEMENTATION_VERSION_NAME };

export interface AssociationOptions {
  readonly address: string;
  readonly incomingDir: string;
  /** Close a connection that sends nothing for so long while it is its turn. */
  readonly idleTimeoutMs: number;
  /** ARTIM: close a connection that has not associated, or not closed after release, for so long. */
  readonly artimTimeoutMs: number;
  /** Why the association is to be refused, or null. */
  readonly admit: (request: AssociateRequest) => Rejection | null;
  readonly onInstance: (instance: IncomingInstance) => Promise<Acceptance>;
  /** null: queries are not served. */
  readonly onFind: OnFind | null;
  readonly log: (level: "info" | "warn" | "error", message: string) => void;
}

interface AcceptedContext {
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

/** The message being received: its command is complete, its data set is on its way. */
interface OpenMessage {
  readonly contextId: number;
  readonly context: AcceptedContext;
  readonly command: CommandSet;
  /** null when the data set is read only to be thrown away. */
  file: IncomingFile | null;
  /** The query whose identifier the data set is. */
  readonly find: FindExchange | null;
  /** Why the data set is thrown away. */
  refusal: Acceptance | null;
}

const SERVED = "Only C-ECHO, C-STORE and C-FIND are served";

const PRIORITIES = ["medium", "high", "low"] as const; // PS3.7 E.1-1: 0000, 0001, 0002

export class Association {
  readonly #socket: Socket;
  readonly #options: AssociationOptions;
  readonly #reader: ByteReader;
  readonly #contexts = new Map<number, AcceptedContext>();
  #request: AssociateRequest | null = null;
  #commandParts: Buffer[] = [];
  #commandBytes = 0;
  #commandContextId = 0;
  #message: OpenMessage | null = null;
  /** The query being answered, and its end. */
  #find: FindExchange | null = null;
  #finding: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(socket: Socket, options: AssociationOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#reader = new ByteReader(socket);
    socket.setNoDelay(true);
    socket.setTimeout(options.idleTimeoutMs, () => {
      const isTheirTurn = this.#reader.waiting && !(this.#find?.isLooking ?? false);
      if (isTheirTurn) this.#hangUp(`nothing came for ${options.idleTimeoutMs} ms`);
    });
  }

  /** Serves the connection to its end. Never throws; an instance cut off on its way leaves no file. */
  async run(): Promise<void> {
    const artim = setTimeout(() => this.#hangUp("no association in time"), this.#options.artimTimeoutMs);
    try {
      if (await this.#establish()) {
        clearTimeout(artim);
        await this.#serve();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      clearTimeout(artim);
      await this.#message?.file?.discard();
      this.#find?.abandon();
      await this.#close();
      await this.#finding;
    }
  }

  /** Ends the association: at once when it waits for the sender, otherwise after the answer now due. */
  stop(): void {
    this.#stopping = true;
    if (this.#reader.waiting) this.#hangUp("the listener is closing");
  }

  #who(): string {
    return `${this.#request?.callingAeTitle ?? "?"}@${this.#options.address}`;
  }

  #hangUp(why: string): void {
    if (this.#socket.destroyed) return;
    this.#options.log("warn", `${this.#who()}: association ended: ${why}`);
    if (this.#request !== null) this.#socket.write(abort(2, ABORT_REASON.notSpecified));
    this.#socket.destroy(new Error(why));
  }

  #fail(error: unknown): void {
    if (this.#socket.destroyed && !(error instanceof ProtocolError)) return; // the peer or we hung up
    const reason = error instanceof ProtocolError ? error.abortReason : ABORT_REASON.notSpecified;
    const message = error instanceof Error ? error.message : String(error);
    this.#options.log("warn", `${this.#who()}: aborted: ${message}`);
    if (!this.#socket.destroyed) this.#socket.write(abort(2, reason));
  }

  /**
   * Half-closes and waits for the other side to close, so that it can read our last word; what it still sends
   * is thrown away, up to a bound in bytes and in time.
   */
  async #close(): Promise<void> {
    if (this.#socket.destroyed) return;
    const timer = setTimeout(() => this.#socket.destroy(), this.#options.artimTimeoutMs);
    this.#socket.end();
    try {
      for (let budget = MAX_THROWN_AWAY; budget > 0;) {
        const bytes = await this.#reader.some(budget);
        if (bytes === null) break;
        budget -= bytes.length;
      }
    } catch {
      // The connection broke: that is as good as closed.
    }
    clearTimeout(timer);
    this.#socket.destroySoon();
  }

  async #header(): Promise<{ type: number; length: number } | null> {
    const header = await this.#reader.exactly(6);
    return header && { type: header.readUInt8(0), length: header.readUInt32BE(2) };
  }

  /** Waits for the A-ASSOCIATE-RQ and answers it. False when there is nothing more to do. */
  async #establish(): Promise<boolean> {
    const header = await this.#header();
    if (header === null) return false;
    if (header.type === PDU.abort) return false;
    if (header.type !== PDU.associateRequest) {
      throw new ProtocolError(
        `Expected A-ASSOCIATE-RQ, got PDU type ${header.type}`,
        ABORT_REASON.unexpectedPdu,
      );
    }
    if (header.length > MAX_ASSOCIATE_LENGTH) {
      throw new ProtocolError(`A-ASSOCIATE-RQ of ${header.length} bytes; at most ${MAX_ASSOCIATE_LENGTH}`);
    }
    const request = parseAssociateRequest(await this.#reader.need(header.length));
    this.#request = request;
    const rejection = this.#options.admit(request);
    if (rejection !== null) {
      const { result, source, reason } = rejection;
      this.#options.log("warn", `${this.#who()}: rejected (${result}, ${source}, ${reason})`);
      this.#socket.write(associateReject(rejection));
      return false;
    }
    const answers = negotiateContexts(request, this.#options.onFind !== null);
    for (const [index, { id, result, transferSyntax }] of answers.entries()) {
      const abstractSyntax = request.contexts[index]?.abstractSyntax ?? "";
      if (result === CONTEXT_RESULT.accepted) this.#contexts.set(id, { abstractSyntax, transferSyntax });
    }
    const accept = { contexts: answers, maxPduLength: MAX_PDU_LENGTH };
    this.#socket.write(associateAccept(request, accept, IMPLEMENTATION));
    return true;
  }

  async #serve(): Promise<void> {
    while (!this.#stopping) {
      const header = await this.#header();
      if (header === null) return;
      switch (header.type) {
        case PDU.data:
          if (header.length > MAX_PDU_LENGTH_TOLERATED) {
            throw new ProtocolError(
              `P-DATA-TF of ${header.length} bytes; at most ${MAX_PDU_LENGTH} was agreed`,
            );
          }
          await this.#data(header.length);
          break;
        case PDU.releaseRequest:
          if (this.#message !== null) {
            throw new ProtocolError("A-RELEASE-RQ in the middle of a message", ABORT_REASON.unexpectedPdu);
          }
          this.#socket.write(releaseResponse());
          return;
        case PDU.abort:
          this.#options.log("info", `${this.#who()}: aborted by the sender`);
          return;
        default: {
          const known = Object.values<number>(PDU).includes(header.type);
          const reason = known ? ABORT_REASON.unexpectedPdu : ABORT_REASON.unrecognizedPdu;
          throw new ProtocolError(`Unexpected PDU type ${header.type}`, reason);
        }
      }
    }
    this.#socket.write(abort(2, ABORT_REASON.notSpecified));
  }

  /** The presentation data values of one P-DATA-TF: `length` bytes. */
  async #data(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      if (left < 6) throw new ProtocolError(`P-DATA-TF: ${left} stray bytes at its end`);
      const header = await this.#reader.need(6);
      const itemLength = header.readUInt32BE(0);
      if (itemLength < 2 || itemLength > left - 4) {
        throw new ProtocolError(`A fragment of ${itemLength} bytes where ${left - 4} are left`);
      }
      left -= 4 + itemLength;
      const contextId = header.readUInt8(4);
      const flags = header.readUInt8(5);
      const last = (flags & FRAGMENT.last) !== 0;
      if ((flags & FRAGMENT.command) !== 0) await this.#commandFragment(contextId, itemLength - 2, last);
      else await this.#dataSetFragment(contextId, itemLength - 2, last);
    }
  }

  async #commandFragment(contextId: number, length: number, last: boolean): Promise<void> {
    if (this.#message !== null) throw new ProtocolError("A command where a data set was due");
    if (this.#commandParts.length > 0 && contextId !== this.#commandContextId) {
      throw new ProtocolError(`A command begun in context ${this.#commandContextId} goes on in ${contextId}`);
    }
    this.#commandBytes += length;
    if (this.#commandBytes > MAX_COMMAND_LENGTH) {
      throw new ProtocolError(`A command of over ${MAX_COMMAND_LENGTH} bytes`);
    }
    this.#commandContextId = contextId;
    this.#commandParts.push(Buffer.from(await this.#reader.need(length)));
    if (!last) return;
    const command = parseCommandSet(Buffer.concat(this.#commandParts));
    this.#commandParts = [];
    this.#commandBytes = 0;
    const context = this.#contexts.get(contextId);
    if (context === undefined) throw new ProtocolError(`Context ${contextId} was not accepted`);
    if (command.commandField === COMMAND.cancelRequest) {
      this.#find?.cancel(command.messageIdRespondedTo);
      return;
    }
    if (this.#find !== null && !this.#find.isOver) {
      throw new ProtocolError(
        "A request before the query was answered: asynchronous operations were not agreed",
      );
    }
    if (command.hasDataSet) this.#message = this.#open(contextId, context, command);
    else this.#answerWithoutDataSet(contextId, context, command);
  }

  #open(contextId: number, context: AcceptedContext, command: CommandSet): OpenMessage {
    const message = { contextId, context, command, file: null, find: null };
    const refuse = (reason: string): OpenMessage => ({
      ...message,
      refusal: { outcome: "refused", fault: "unreadable", reason },
    });
    if (command.commandField === COMMAND.findRequest && context.abstractSyntax in FIND_ROOTS) {
      return { ...message, find: this.#findExchange(contextId, context, command), refusal: null };
    }
    if (command.commandField !== COMMAND.storeRequest) return refuse("Neither C-STORE nor an agreed C-FIND");
    const { affectedSopClassUid: sopClassUid = "", affectedSopInstanceUid: sopInstanceUid = "" } = command;
    if (!isStorageClass(sopClassUid)) return refuse("Not a storage SOP class");
    if (!/^[!-~]{1,64}$/.test(sopInstanceUid)) return refuse("No usable Affected SOP Instance UID");
    const prefix = fileHead({
      sopClassUid,
      sopInstanceUid,
      transferSyntaxUid: context.transferSyntax,
      sourceAeTitle: this.#request?.callingAeTitle ?? "",
    });
    try {
      const file = new IncomingFile(this.#options.incomingDir, prefix);
      return { ...message, file, refusal: null };
    } catch (error) {
      return { ...message, refusal: this.#failure(error) };
    }
  }

  #findExchange(contextId: number, context: AcceptedContext, command: CommandSet): FindExchange | null {
    const { onFind, address } = this.#options;
    const { callingAeTitle = "", maxPduLength = 0 } = this.#request ?? {};
    if (onFind === null) return null;
    return new FindExchange({
      ...{ command, transferSyntax: context.transferSyntax, callingAeTitle, address, onFind },
      send: (response, identifier) =>
        writeMessage(this.#socket, contextId, maxPduLength, writeCommandSet(response), identifier),
      onFailure: (error) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.log("error", `${this.#who()}: a query could not be answered: ${reason}`);
      },
    });
  }

  /** Answers a query while the association goes on being read. */
  #answerFind(find: FindExchange): void {
    this.#find = find;
    this.#finding = find.answer().catch((error: unknown) => {
      this.#hangUp(error instanceof Error ? error.message : String(error));
    });
  }

  async #dataSetFragment(contextId: number, length: number, last: boolean): Promise<void> {
    const message = this.#message;
    if (message === null) throw new ProtocolError("A data set where a command was due");
    if (contextId !== message.contextId) {
      throw new ProtocolError(`A message begun in context ${message.contextId} goes on in ${contextId}`);
    }
    for (let left = length; left > 0;) {
      const bytes = await this.#reader.some(left);
      if (bytes === null) throw new ProtocolError("The connection ended inside a data set");
      left -= bytes.length;
      try {
        if (message.find !== null) message.find.take(bytes);
        else await message.file?.write(bytes);
      } catch (error) {
        await this.#giveUp(message, error);
      }
    }
    if (last && message.find !== null) {
      this.#message = null;
      this.#answerFind(message.find);
    } else if (last) {
      const acceptance = await this.#accept(message);
      this.#message = null;
      this.#answer(message, acceptance);
    }
  }

  /** The disk failed under a data set: the rest is read and thrown away, then the failure is the answer. */
  async #giveUp(message: OpenMessage, error: unknown): Promise<void> {
    await message.file?.discard();
    message.file = null;
    message.refusal = this.#failure(error);
  }

  #failure(error: unknown): Acceptance {
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.log("error", `${this.#who()}: an instance could not be kept: ${reason}`);
    return { outcome: "refused", fault: faultOf(error), reason: "The instance could not be kept" };
  }

  async #accept(message: OpenMessage): Promise<Acceptance> {
    const { file, command, context } = message;
    if (file === null) return message.refusal ?? this.#failure(new Error("A message without a file"));
    try {
      const seen = await file.finish();
      return await this.#options.onInstance({
        path: file.path,
        transferSyntaxUid: context.transferSyntax,
        sopClassUid: command.affectedSopClassUid ?? "",
        sopInstanceUid: command.affectedSopInstanceUid ?? "",
        source: {
          kind: "dimse",
          aeTitle: this.#request?.callingAeTitle ?? "",
          address: this.#options.address,
        },
        priority: PRIORITIES[command.priority ?? 0] ?? "medium",
        seen,
      });
    } catch (error) {
      await file.discard();
      return this.#failure(error);
    }
  }

  #answer(message: OpenMessage, acceptance: Acceptance): void {
    const { command } = message;
    const isStore = command.commandField === COMMAND.storeRequest;
    const { status, comment } = isStore
      ? storeStatus(acceptance)
      : { status: STATUS.unrecognizedOperation, comment: SERVED };
    this.#respond(message.contextId, command, status, comment);
  }

  #answerWithoutDataSet(contextId: number, context: AcceptedContext, command: CommandSet): void {
    if (command.commandField === COMMAND.echoRequest) {
      this.#respond(contextId, command, STATUS.success, "");
    } else if (command.commandField === COMMAND.storeRequest) {
      this.#respond(contextId, command, STATUS.cannotUnderstand, "C-STORE without a data set");
    } else if (command.commandField === COMMAND.findRequest && context.abstractSyntax in FIND_ROOTS) {
      this.#respond(contextId, command, STATUS.dataSetMismatch, "C-FIND without an identifier");
    } else {
      this.#respond(contextId, command, STATUS.unrecognizedOperation, SERVED);
    }
  }

  #respond(contextId: number, request: CommandSet, status: number, comment: string): void {
    if ((request.commandField & 0x8000) !== 0) throw new ProtocolError("A response nobody asked for");
    const command = writeCommandSet({
      commandField: request.commandField | 0x8000,
      messageIdRespondedTo: request.messageId ?? 0,
      hasDataSet: false,
      status,
      ...(request.affectedSopClassUid === undefined
        ? {}
        : { affectedSopClassUid: request.affectedSopClassUid }),
      ...(request.affectedSopInstanceUid === undefined
        ? {}
        : { affectedSopInstanceUid: request.affectedSopInstanceUid }),
      ...(comment === "" ? {} : { errorComment: comment }),
    });
    const header = dataHeader(contextId, FRAGMENT.command | FRAGMENT.last, command.length);
    this.#socket.write(Buffer.concat([header, command]));
  }
}
