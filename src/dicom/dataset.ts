/**
 * @file Reading a DICOM data set's bytes (PS3.5 section 7): elements by tag, values on demand.
 *
 * Nothing is copied and no sequence is entered until somebody asks, so that a header costs microseconds. Our own,
 * because dicom-parser 1.8 loses its place at the 64-bit representations (OV, SV, UV) and so cannot read a file
 * with an extended offset table.
 */

/** Why bytes are not a usable DICOM instance, in plain words. */
export class UnreadableInstance extends Error {
  override readonly name = "UnreadableInstance";
}

/** How a data set is encoded. */
export interface Encoding {
  readonly explicitVr: boolean;
  readonly littleEndian: boolean;
}

/** Where an element's value lies. `length` is `UNDEFINED_LENGTH` where the bytes do not say. */
export interface Element {
  /** Two letters; "" in implicit VR. */
  readonly vr: string;
  readonly offset: number;
  readonly length: number;
}

export const UNDEFINED_LENGTH = 0xffffffff;
export const PIXEL_DATA = 0x7fe00010;

const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
/** Deeper than any real object (structured reports reach about ten), and far from the call stack's end. */
const MAX_DEPTH = 64;
/** The representations whose length field has 32 bits (PS3.5 table 7.1-1). */
export const LONG_VRS: ReadonlySet<string> = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));
const SHORT_VRS = new Set("AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split(" "));

export const isVr = (letters: string): boolean => LONG_VRS.has(letters) || SHORT_VRS.has(letters);

/** "(0020,000D)". */
export function tagName(tag: number): string {
  const hex = tag.toString(16).toUpperCase().padStart(8, "0");
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

/** One data set: an instance's, or one item's of a sequence. */
export class DataSet {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
  /** The first byte after what was read. */
  readonly end: number;
  readonly #view: DataView;
  readonly #elements: ReadonlyMap<number, Element>;

  private constructor(
    bytes: Uint8Array,
    encoding: Encoding,
    elements: ReadonlyMap<number, Element>,
    end: number,
  ) {
    this.bytes = bytes;
    this.encoding = encoding;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#elements = elements;
  }

  /**
   * Read elements from `offset` until `until` says so (given a tag not yet read), PixelData, or the bytes' end.
   *
   * @throws UnreadableInstance where the bytes end inside an element or do not keep to the encoding
   */
  static read(
    bytes: Uint8Array,
    offset: number,
    encoding: Encoding,
    until?: (tag: number) => boolean,
  ): DataSet {
    const reader = new Reader(bytes, encoding);
    const elements = new Map<number, Element>();
    const end = reader.readElements(offset, bytes.byteLength, elements, until ?? (() => false), 0);
    return new DataSet(bytes, encoding, elements, end);
  }

  element(tag: number): Element | undefined {
    return this.#elements.get(tag);
  }

  /** All elements, in the order they stand in. */
  elements(): IterableIterator<readonly [tag: number, element: Element]> {
    return this.#elements.entries();
  }

  /** The value's bytes (a view), or undefined where the element is absent or its length undefined. */
  value(tag: number): Uint8Array | undefined {
    const element = this.#elements.get(tag);
    if (element === undefined || element.length === UNDEFINED_LENGTH) return undefined;
    return this.bytes.subarray(element.offset, element.offset + element.length);
  }

  /** A value of the default repertoire (UI, CS, DA, DS, …) without its padding; "" where absent. */
  string(tag: number): string {
    const value = this.value(tag);
    if (value === undefined || value.length === 0) return "";
    return Buffer.from(value.buffer, value.byteOffset, value.length)
      .toString("latin1")
      .replace(/[\0 ]+$/, "")
      .trimStart();
  }

  /** The values of a multi-valued string; [] where absent or empty. */
  strings(tag: number): readonly string[] {
    const text = this.string(tag);
    return text === "" ? [] : text.split("\\").map((part) => part.trim());
  }

  /** The numbers of a DS or IS, or null unless there are at least `count` and the first `count` are finite. */
  decimals(tag: number, count: number): readonly number[] | null {
    const parts = this.strings(tag).slice(0, count);
    const numbers = parts.map((part) => (part === "" ? NaN : Number(part)));
    return numbers.length === count && numbers.every(Number.isFinite) ? numbers : null;
  }

  decimal(tag: number): number | null {
    return this.decimals(tag, 1)?.[0] ?? null;
  }

  /** The first value of a US, or null. */
  uint16(tag: number): number | null {
    const element = this.#elements.get(tag);
    if (element === undefined || element.length === UNDEFINED_LENGTH || element.length < 2) return null;
    return this.#view.getUint16(element.offset, this.encoding.littleEndian);
  }

  /** The values of an OV (unsigned 64-bit), or [] where absent. Numbers above 2^53 lose their last bits. */
  uint64s(tag: number): readonly number[] {
    const element = this.#elements.get(tag);
    if (element === undefined || element.length === UNDEFINED_LENGTH) return [];
    return Array.from({ length: element.length >> 3 }, (_, i) =>
      Number(this.#view.getBigUint64(element.offset + 8 * i, this.encoding.littleEndian)),
    );
  }

  /** The items of a sequence; [] where absent or empty. */
  items(tag: number): readonly DataSet[] {
    const element = this.#elements.get(tag);
    if (element === undefined) return [];
    // PS3.5 6.2.2: a sequence whose representation was unknown to its writer is implicit little endian.
    const encoding = element.vr === "UN" ? { explicitVr: false, littleEndian: true } : this.encoding;
    const reader = new Reader(this.bytes, encoding);
    const items: DataSet[] = [];
    reader.readItems(element.offset, element.length, 1, (elements, end) => {
      items.push(new DataSet(this.bytes, encoding, elements, end));
    });
    return items;
  }
}

/** The walk itself: positions and lengths, every one checked against the bytes there are. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #encoding: Encoding;

  constructor(bytes: Uint8Array, encoding: Encoding) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#encoding = encoding;
  }

  /** Read elements into `into` (null: only walk past them). Returns the position after the last. */
  readElements(
    start: number,
    end: number,
    into: Map<number, Element> | null,
    until: (tag: number) => boolean,
    depth: number,
  ): number {
    let position = start;
    while (position < end) {
      this.#need(position, 8, end);
      const tag = this.#tag(position);
      if (until(tag)) return position;
      const { vr, offset, length } = this.#elementHeader(position, tag, end);
      if (tag === PIXEL_DATA && depth === 0) {
        into?.set(tag, { vr, offset, length });
        return offset;
      }
      if (length === UNDEFINED_LENGTH) position = this.#skipItems(offset, vr, depth + 1);
      else {
        if (length > end - offset) {
          throw new UnreadableInstance(
            `the file is cut off: element ${tagName(tag)} claims ${length} bytes and ${end - offset} are left`,
          );
        }
        position = offset + length;
      }
      into?.set(tag, { vr, offset, length: length === UNDEFINED_LENGTH ? position - offset : length });
    }
    return position;
  }

  /** Read the items of a sequence value. Returns the position after it. */
  readItems(
    start: number,
    length: number,
    depth: number,
    visit: ((elements: ReadonlyMap<number, Element>, end: number) => void) | null,
  ): number {
    if (depth > MAX_DEPTH) throw new UnreadableInstance(`sequences are nested deeper than ${MAX_DEPTH}`);
    const end = length === UNDEFINED_LENGTH ? this.#bytes.byteLength : start + length;
    let position = start;
    while (position < end) {
      this.#need(position, 8, end);
      const tag = this.#tag(position);
      const itemLength = this.#uint32(position + 4);
      position += 8;
      if (tag === SEQUENCE_END) return position;
      if (tag !== ITEM) {
        throw new UnreadableInstance(
          `expected an item of a sequence, found ${tagName(tag)} at byte ${position - 8}`,
        );
      }
      const open = itemLength === UNDEFINED_LENGTH;
      if (!open) this.#need(position, itemLength, end);
      const elements = visit === null ? null : new Map<number, Element>();
      if (visit !== null || open) {
        position = this.readElements(
          position,
          open ? end : position + itemLength,
          elements,
          (next) => open && next === ITEM_END,
          depth,
        );
      } else position += itemLength;
      if (elements !== null) visit?.(elements, position);
      if (open) {
        this.#need(position, 8, end);
        position += 8;
      }
    }
    return position;
  }

  #skipItems(offset: number, vr: string, depth: number): number {
    const implicit = vr === "UN" && this.#encoding.explicitVr;
    const reader = implicit ? new Reader(this.#bytes, { explicitVr: false, littleEndian: true }) : this;
    return reader.readItems(offset, UNDEFINED_LENGTH, depth, null);
  }

  #elementHeader(position: number, tag: number, end: number): Element {
    if (!this.#encoding.explicitVr)
      return { vr: "", offset: position + 8, length: this.#uint32(position + 4) };
    const vr = String.fromCharCode(this.#bytes[position + 4] ?? 0, this.#bytes[position + 5] ?? 0);
    if (LONG_VRS.has(vr)) {
      this.#need(position, 12, end);
      return { vr, offset: position + 12, length: this.#uint32(position + 8) };
    }
    if (!/^[A-Z]{2}$/.test(vr)) {
      throw new UnreadableInstance(
        `element ${tagName(tag)} at byte ${position} has no value representation: the data set is damaged or not in its transfer syntax`,
      );
    }
    return {
      vr,
      offset: position + 8,
      length: this.#view.getUint16(position + 6, this.#encoding.littleEndian),
    };
  }

  #tag(position: number): number {
    const { littleEndian } = this.#encoding;
    return (
      this.#view.getUint16(position, littleEndian) * 0x10000 +
      this.#view.getUint16(position + 2, littleEndian)
    );
  }

  #uint32(position: number): number {
    return this.#view.getUint32(position, this.#encoding.littleEndian);
  }

  #need(position: number, count: number, end: number): void {
    if (count > end - position) {
      throw new UnreadableInstance(
        `the file is cut off: ${count} bytes are needed at byte ${position} and ${end - position} are left`,
      );
    }
  }
}
