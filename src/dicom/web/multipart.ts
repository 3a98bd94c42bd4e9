/**
 * @file `multipart/related` as a stream (RFC 2046 section 5.1, RFC 2387): parts come as their bytes come, so
 * memory does not grow with a part.
 */

/** The body is not what its content type says; nothing after that point can be trusted. */
export class MultipartError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MultipartError";
  }
}

/** A media type with its parameters, names in lower case. */
export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const PARAMETER = /\s*;\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/gy;

/**
 * Reads a Content-Type header: `multipart/related; type="application/dicom"; boundary=xyz`.
 * Quotes are optional; what follows the first thing that is no parameter is ignored.
 */
export function parseMediaType(header: string): MediaType {
  const type = (/^\s*([^\s;]+)/.exec(header)?.[1] ?? "").toLowerCase();
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = header.indexOf(";") < 0 ? header.length : header.indexOf(";");
  for (let match = PARAMETER.exec(header); match !== null; match = PARAMETER.exec(header)) {
    const [, name = "", quoted, bare] = match;
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "");
  }
  return { type, parameters };
}

export interface Part {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** To be read to its end, or left: the next part skips what is left. */
  readonly body: AsyncIterable<Buffer>;
}

export interface MultipartLimits {
  /** Default 4 GiB. */
  readonly maxPartBytes?: number;
  /** Default 16 KiB. */
  readonly maxHeaderBytes?: number;
}

const CRLF = Buffer.from("\r\n");

/** A window over the incoming chunks. */
class Window {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>, start: Buffer) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#bytes = start;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** One more chunk behind what is there; false at the end. */
  async more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    return true;
  }

  /** Takes bytes from the front. */
  take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }
}

/** Whether the bytes after a boundary make it one: the end mark, or white space and a line end. */
const AFTER_BOUNDARY = /^(?:--|[ \t]*\r\n)/;
const MAX_PADDING = 256;

class Parser {
  readonly #window: Window;
  readonly #delimiter: Buffer;
  readonly #maxPartBytes: number;
  readonly #maxHeaderBytes: number;

  constructor(body: AsyncIterable<Uint8Array>, boundary: string, limits: MultipartLimits) {
    // A delimiter begins with the line end before it; the first may stand at the very start.
    this.#window = new Window(body, CRLF);
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
    this.#maxPartBytes = limits.maxPartBytes ?? 4 * 1024 ** 3;
    this.#maxHeaderBytes = limits.maxHeaderBytes ?? 16 * 1024;
  }

  /** The bytes up to the next delimiter, which is taken too. @throws {MultipartError} when none comes. */
  async *#upToDelimiter(): AsyncGenerator<Buffer> {
    const window = this.#window;
    for (let from = 0; ;) {
      const at = window.bytes.indexOf(this.#delimiter, from);
      if (at < 0) {
        const safe = window.bytes.length - this.#delimiter.length + 1;
        if (safe > 0) yield window.take(safe);
        from = 0;
        if (!(await window.more())) throw new MultipartError("The body ended without its final boundary");
        continue;
      }
      const end = at + this.#delimiter.length;
      const after = window.bytes.toString("latin1", end, end + MAX_PADDING);
      if (AFTER_BOUNDARY.test(after)) {
        if (at > 0) yield window.take(at);
        window.take(this.#delimiter.length);
        return;
      }
      const undecided = /^(?:-?|[ \t]*\r?)$/.test(after) && after.length < MAX_PADDING;
      if (!undecided)
        from = at + 1; // only looks like the boundary: content
      else if (!(await window.more())) throw new MultipartError("The body ended without its final boundary");
    }
  }

  /** After a delimiter: false when it was the final one, otherwise its line is taken. */
  #nextPart(): boolean {
    const window = this.#window;
    if (window.bytes.toString("latin1", 0, 2) === "--") return false;
    window.take(window.bytes.indexOf(CRLF) + CRLF.length);
    return true;
  }

  async #headers(): Promise<Map<string, string>> {
    const window = this.#window;
    const headers = new Map<string, string>();
    for (let total = 0; ;) {
      const end = window.bytes.indexOf(CRLF);
      if (end < 0) {
        if (total + window.bytes.length > this.#maxHeaderBytes) throw this.#headersTooLong();
        if (!(await window.more())) throw new MultipartError("The body ended inside a part's headers");
        continue;
      }
      const line = window.take(end + CRLF.length).toString("latin1", 0, end);
      if (line === "") return headers;
      total += line.length;
      if (total > this.#maxHeaderBytes) throw this.#headersTooLong();
      const colon = line.indexOf(":");
      if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
  }

  #headersTooLong(): MultipartError {
    return new MultipartError(`A part's headers are longer than ${this.#maxHeaderBytes} bytes`);
  }

  async *#limited(body: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    let total = 0;
    for (let next = await body.next(); next.done !== true; next = await body.next()) {
      total += next.value.length;
      if (total > this.#maxPartBytes) {
        throw new MultipartError(`A part is longer than ${this.#maxPartBytes} bytes`);
      }
      yield next.value;
    }
  }

  async *parts(): AsyncGenerator<Part> {
    await drain(this.#upToDelimiter()); // the preamble
    while (this.#nextPart()) {
      const headers = await this.#headers();
      const raw = this.#upToDelimiter();
      const body = this.#limited(raw);
      yield { headers, body };
      await drain(raw);
    }
  }
}

async function drain(bytes: AsyncGenerator<Buffer>): Promise<void> {
  for (let next = await bytes.next(); next.done !== true;) next = await bytes.next();
}

/**
 * The parts of a body, one after the other.
 * @param boundary As the content type gives it: 1 to 70 characters.
 * @throws {MultipartError} from the iteration, also in the middle of a part that is cut off.
 */
export function parseMultipart(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  limits: MultipartLimits = {},
): AsyncIterable<Part> {
  if (!/^[ -~]{1,70}$/.test(boundary)) {
    throw new MultipartError(`Expected a boundary of 1 to 70 characters, got ${boundary.length}`);
  }
  return new Parser(body, boundary, limits).parts();
}
