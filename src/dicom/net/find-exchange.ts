/**
 * @file One C-FIND as its SCP (PS3.7 9.3.2, PS3.4 C.4.1): the Identifier gathered, the matches sent one by one,
 * a C-CANCEL heeded between any two.
 *
 * Matches are drawn only as fast as the other side takes them, so that memory holds one of them.
 */
import { encodeObject } from "../query/encode.ts";
import type { Query, QueryRoot } from "../query/identifier.ts";
import { IdentifierMismatch, isBadQuery, parseIdentifier } from "../query/identifier.ts";
import type { DicomObject } from "../../domain/dicom-json.ts";
import type { CommandSet } from "./command-set.ts";
import { COMMAND } from "./command-set.ts";
import { FIND_STATUS, STATUS } from "./status.ts";
import { encodingOf, FIND_ROOTS } from "./uids.ts";

/** Real identifiers have some hundred bytes; longer ones are read and thrown away. */
export const MAX_IDENTIFIER_BYTES = 64 * 1024;

export interface FindRequest {
  readonly query: Query;
  readonly root: QueryRoot;
  readonly callingAeTitle: string;
  readonly address: string;
}

export interface FindAnswers {
  /** False when keys were asked for that are not known: they are returned without a value. */
  readonly knowsAllKeys: boolean;
  /** Each as it is returned, in order. */
  readonly matches: AsyncIterable<DicomObject>;
}

export type OnFind = (request: FindRequest, signal: AbortSignal) => FindAnswers;

export interface FindExchangeOptions {
  readonly command: CommandSet;
  readonly transferSyntax: string;
  readonly callingAeTitle: string;
  readonly address: string;
  readonly onFind: OnFind;
  readonly send: (response: CommandSet, identifier: Buffer | null) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

export class FindExchange {
  readonly #options: FindExchangeOptions;
  readonly #abort = new AbortController();
  #parts: Buffer[] = [];
  #byteLength = 0;
  #isSending = false;
  #isAbandoned = false;
  #isOver = false;

  constructor(options: FindExchangeOptions) {
    this.#options = options;
  }

  /** Whether the last response was given: another request may follow. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether we are looking for the next match, and do not wait for the other side. */
  get isLooking(): boolean {
    return !this.#isOver && !this.#isSending;
  }

  /** Take a piece of the Identifier. */
  take(bytes: Uint8Array): void {
    this.#byteLength += bytes.length;
    if (this.#byteLength > MAX_IDENTIFIER_BYTES) this.#parts = [];
    else this.#parts.push(Buffer.from(bytes));
  }

  /** C-CANCEL-RQ: no further match is sent. One for another message changes nothing. */
  cancel(messageId: number | undefined): void {
    if (messageId === this.#options.command.messageId) this.#abort.abort();
  }

  /** The association ends: nothing more is sent. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#abort.abort();
  }

  /** Answers, to the last response. @throws Error when the connection closed meanwhile */
  async answer(): Promise<void> {
    const { status, comment } = await this.#matches().catch((error: unknown) => this.#failed(error));
    if (this.#isAbandoned) return;
    this.#isOver = true;
    await this.#options.send(this.#response(status, comment), null);
  }

  async #matches(): Promise<{ status: number; comment: string }> {
    const { command, transferSyntax, onFind, callingAeTitle, address } = this.#options;
    if (this.#byteLength > MAX_IDENTIFIER_BYTES) {
      throw new IdentifierMismatch(`Expected an identifier of at most ${MAX_IDENTIFIER_BYTES} bytes`);
    }
    const root = FIND_ROOTS[command.affectedSopClassUid ?? ""];
    if (root === undefined) return { status: STATUS.sopClassNotSupported, comment: "Not a query of ours" };
    const encoding = encodingOf(transferSyntax);
    const query = parseIdentifier(Buffer.concat(this.#parts), encoding, root);
    this.#parts = [];
    const { signal } = this.#abort;
    const { knowsAllKeys, matches } = onFind({ query, root, callingAeTitle, address }, signal);
    const pending = this.#response(knowsAllKeys ? FIND_STATUS.pending : FIND_STATUS.pendingKeysUnknown, "");
    for await (const match of matches) {
      if (signal.aborted) break;
      this.#isSending = true;
      await this.#options.send({ ...pending, hasDataSet: true }, encodeObject(match, encoding));
      this.#isSending = false;
    }
    return { status: signal.aborted ? FIND_STATUS.cancelled : STATUS.success, comment: "" };
  }

  #failed(error: unknown): { status: number; comment: string } {
    if (isBadQuery(error)) {
      const isMismatch = error instanceof IdentifierMismatch;
      return {
        status: isMismatch ? STATUS.dataSetMismatch : STATUS.cannotUnderstand,
        comment: error.message,
      };
    }
    if (!this.#isAbandoned) this.#options.onFailure(error);
    return { status: STATUS.cannotUnderstand, comment: "The query could not be answered" };
  }

  #response(status: number, comment: string): CommandSet {
    const { messageId = 0, affectedSopClassUid } = this.#options.command;
    return {
      commandField: COMMAND.findResponse,
      messageIdRespondedTo: messageId,
      hasDataSet: false,
      status,
      ...(affectedSopClassUid !== undefined && { affectedSopClassUid }),
      ...(comment !== "" && { errorComment: comment.replace(/[^ -~]/g, "?") }),
    };
  }
}
