/**
 * @file Reads exact numbers of bytes from a stream of chunks, one reader at a time.
 *
 * Nothing is fetched before it is asked for, so a slow consumer slows the sender (TCP's own back pressure)
 * and memory holds one chunk, however large a PDU claims to be.
 */

/** The stream ended in the middle of something. */
export class UnexpectedEnd extends Error {
  constructor(expected: number, got: number) {
    super(`The connection ended: expected ${expected} more bytes, got ${got}`);
    this.name = "UnexpectedEnd";
  }
}

export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);
  #waiting = false;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Whether it is the other side's turn: bytes were asked for and have not come. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Up to `most` bytes, at least one; a view of the chunk, not a copy. null at the end of the stream. */
  async some(most: number): Promise<Buffer | null> {
    while (this.#chunk.length === 0) {
      this.#waiting = true;
      const next = await this.#chunks.next();
      this.#waiting = false;
      if (next.done === true) return null;
      this.#chunk = next.value;
    }
    const taken = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(taken.length);
    return taken;
  }

  /**
   * Exactly `count` bytes; null when the stream ended before the first of them.
   * @throws {UnexpectedEnd} when it ended after some of them.
   */
  async exactly(count: number): Promise<Buffer | null> {
    if (count === 0) return Buffer.alloc(0);
    const first = await this.some(count);
    if (first === null || first.length === count) return first;
    const parts = [first];
    let have = first.length;
    while (have < count) {
      const next = await this.some(count - have);
      if (next === null) throw new UnexpectedEnd(count, have);
      parts.push(next);
      have += next.length;
    }
    return Buffer.concat(parts, count);
  }

  /** As `exactly`, where the end of the stream is always an error. @throws {UnexpectedEnd} */
  async need(count: number): Promise<Buffer> {
    const bytes = await this.exactly(count);
    if (bytes === null) throw new UnexpectedEnd(count, 0);
    return bytes;
  }
}
