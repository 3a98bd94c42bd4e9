/**
 * @file The frames that carry HL7 v2 over TCP (Minimal Lower Layer Protocol, release 1): VT, the message, FS CR.
 */
const VT = 0x0b;
const FS = 0x1c;
const CR = 0x0d;

/** No order has this many bytes; what sends more sends no frames. */
export const MOST_MESSAGE_BYTES = 1024 * 1024;

export function frameMllp(message: string): Buffer {
  return Buffer.concat([Buffer.of(VT), Buffer.from(message, "utf8"), Buffer.of(FS, CR)]);
}

/** What came is no frame, or none that we would take. */
export class BadFrame extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BadFrame";
  }
}

/**
 * The messages of a stream, in whatever pieces it comes. Between frames, line ends are passed over, as some senders
 * put more of them than they should; anything else there is an error.
 */
export class MllpReader {
  readonly #mostBytes: number;
  #chunks: Buffer[] = [];
  #length = 0;
  #isInside = false;

  constructor(mostBytes = MOST_MESSAGE_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /**
   * @returns the messages that this piece ends
   * @throws BadFrame, after which the stream is of no use
   */
  push(piece: Buffer): string[] {
    const messages: string[] = [];
    let rest = piece;
    while (rest.length > 0) rest = this.#isInside ? this.#body(rest, messages) : this.#start(rest);
    return messages;
  }

  #start(bytes: Buffer): Buffer {
    let at = 0;
    while (at < bytes.length && (bytes[at] === CR || bytes[at] === 0x0a)) at += 1;
    if (at === bytes.length) return bytes.subarray(at);
    if (bytes[at] !== VT) {
      throw new BadFrame(
        `Expected a frame that begins with 0x0B, got 0x${bytes.toString("hex", at, at + 1)}.`,
      );
    }
    this.#isInside = true;
    return bytes.subarray(at + 1);
  }

  #body(bytes: Buffer, messages: string[]): Buffer {
    // A message has no control character but CR: the first FS ends it.
    const end = bytes.indexOf(FS);
    const part = end < 0 ? bytes : bytes.subarray(0, end);
    this.#length += part.length;
    if (this.#length > this.#mostBytes) {
      throw new BadFrame(`Expected a message of at most ${this.#mostBytes} bytes, got more.`);
    }
    this.#chunks.push(part);
    if (end < 0) return bytes.subarray(bytes.length);
    messages.push(Buffer.concat(this.#chunks).toString("utf8"));
    this.#chunks = [];
    this.#length = 0;
    this.#isInside = false;
    return bytes.subarray(end + 1);
  }
}
