/**
 * @file The server's end of a WebSocket (RFC 6455) that only tells: text frames out, control frames both ways.
 *
 * No extensions, no fragments out. What a client says is read so far as its frames go, and thrown away.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, 1.3
const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const CLOSE = { goingAway: 1001, protocolError: 1002, tooBig: 1009 } as const;
const MOST_MESSAGE_BYTES = 4096;
/** A client that has not taken so much is cut off: it connects again, and searches. */
const MOST_UNSENT_BYTES = 1_000_000;
const PING_MS = 15_000;
const CLOSING_MS = 1000;

/** Answer a request that is not upgraded, and close its connection. */
export function refuseUpgrade(socket: Duplex, status: string, text: string): void {
  const body = Buffer.from(text);
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${body.length}\r\n\r\n${text}`,
  );
}

export class WebSocketChannel {
  readonly #socket: Duplex;
  readonly #timer: ReturnType<typeof setInterval>;
  #bytes: Buffer = Buffer.alloc(0);
  #isHeard = true;

  private constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    this.#timer = setInterval(() => this.#ping(), PING_MS);
    this.#timer.unref();
    socket.on("close", () => clearInterval(this.#timer));
    if (head.length > 0) this.#take(head);
  }

  /** Complete the handshake; null when the request is none, which is then answered. */
  static accept({ headers, method }: IncomingMessage, socket: Duplex, head: Buffer): WebSocketChannel | null {
    const key = headers["sec-websocket-key"] ?? "";
    const isHandshake =
      method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && /^[A-Za-z0-9+/]{22}==$/.test(key);
    if (!isHandshake) refuseUpgrade(socket, "400 Bad Request", "Expected a WebSocket handshake.");
    else if (headers["sec-websocket-version"] !== "13") {
      refuseUpgrade(socket, "426 Upgrade Required\r\nsec-websocket-version: 13", "Expected version 13.");
    } else {
      const accept = createHash("sha1")
        .update(key + GUID)
        .digest("base64");
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n" +
          `sec-websocket-accept: ${accept}\r\n\r\n`,
      );
      return new WebSocketChannel(socket, head);
    }
    return null;
  }

  onClose(told: () => void): void {
    this.#socket.on("close", told);
  }

  send(text: string): void {
    if (this.#socket.writableLength > MOST_UNSENT_BYTES) this.#socket.destroy();
    else this.#write(OPCODE.text, Buffer.from(text));
  }

  close(code: number = CLOSE.goingAway): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#write(OPCODE.close, payload);
    this.#socket.end();
    // Who does not close its side is not waited for.
    setTimeout(() => this.#socket.destroy(), CLOSING_MS).unref();
  }

  /** Who has not answered the last one is gone. */
  #ping(): void {
    if (!this.#isHeard) this.#socket.destroy();
    this.#isHeard = false;
    this.#write(OPCODE.ping, Buffer.alloc(0));
  }

  #write(opcode: number, payload: Buffer): void {
    if (!this.#socket.writable) return;
    const { length } = payload;
    const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    header.writeUInt8(0x80 | opcode, 0); // final
    if (length < 126) header.writeUInt8(length, 1);
    else if (length < 65_536) {
      header.writeUInt8(126, 1);
      header.writeUInt16BE(length, 2);
    } else {
      header.writeUInt8(127, 1);
      header.writeBigUInt64BE(BigInt(length), 2);
    }
    this.#socket.write(Buffer.concat([header, payload]));
  }

  #take(chunk: Buffer): void {
    this.#isHeard = true;
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (let taken = this.#frame(); taken > 0; taken = this.#frame())
      this.#bytes = this.#bytes.subarray(taken);
  }

  /** Handle the first frame. @returns its length; 0 when it is not whole, or was the last */
  #frame(): number {
    const bytes = this.#bytes;
    if (bytes.length < 2 || !this.#socket.writable) return 0;
    const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
    const opcode = first & 0x0f;
    const isControl = opcode >= OPCODE.close;
    const short = second & 0x7f;
    const isKnown = opcode <= OPCODE.binary || (isControl && opcode <= OPCODE.pong);
    if ((first & 0x70) !== 0 || (second & 0x80) === 0 || !isKnown || (isControl && short > 125)) {
      return this.#fail(CLOSE.protocolError);
    }
    if (short === 127) return this.#fail(CLOSE.tooBig);
    const start = short === 126 ? 4 : 2;
    if (bytes.length < start) return 0;
    const length = short === 126 ? bytes.readUInt16BE(2) : short;
    if (length > MOST_MESSAGE_BYTES) return this.#fail(CLOSE.tooBig);
    const end = start + 4 + length;
    if (bytes.length < end) return 0;
    const mask = bytes.subarray(start, start + 4);
    const payload = bytes.subarray(start + 4, end).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
    if (opcode === OPCODE.ping) this.#write(OPCODE.pong, Buffer.from(payload));
    if (opcode !== OPCODE.close) return end;
    this.#write(OPCODE.close, Buffer.from(payload.subarray(0, 2)));
    this.#socket.end();
    return 0;
  }

  #fail(code: number): 0 {
    this.close(code);
    return 0;
  }
}
