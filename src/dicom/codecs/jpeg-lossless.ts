/**
 * @file JPEG lossless, Huffman-coded (T.81 annex H; DICOM .57 and .70): one component, every predictor.
 *
 * Ours, because jpeg-lossless-decoder-js 2.1 gets the last pixel of some images wrong (27 of the 238 slices of a
 * CQ500 exam), fills a truncated image with noise without an error, ignores the point transform, and takes more
 * than twice as long. DCMTK is the peer in the tests.
 */
import { UndecodableImage } from "../undecodable.ts";
import type { FrameFormat } from "./codec.ts";
import { jpegSize, requireSize, segmentsUntil } from "./codestream.ts";

const SOF3 = 0xffc3;
const DHT = 0xffc4;
const SOS = 0xffda;
const DRI = 0xffdd;

/** Look-up by the next 16 bits: `length << 8 | category`; 0 where no code starts so. Shape `[65536]`. */
type HuffmanTable = Uint16Array;

interface Scan {
  readonly table: HuffmanTable;
  readonly predictor: number;
  readonly pointTransform: number;
  /** Lines between restart markers; all of them when there are none. */
  readonly linesPerInterval: number;
  /** Where the entropy-coded data starts. */
  readonly start: number;
}

/** One frame's stored words, `[rows, columns]`. */
export function decodeJpegLossless(encoded: Uint8Array, format: FrameFormat): Uint16Array {
  const size = jpegSize(encoded, SOF3);
  requireSize(size, format);
  return decodeScan(encoded, readScan(encoded, format), size.bitsPerSample, format);
}

function readScan(encoded: Uint8Array, { rows, columns }: FrameFormat): Scan {
  const tables: (HuffmanTable | undefined)[] = [];
  let restartInterval = 0;
  for (const { marker, body, end } of segmentsUntil(encoded, 2, SOS)) {
    if (marker === DHT) readHuffmanTables(body, tables);
    if (marker === DRI && body.byteLength >= 2) restartInterval = body.getUint16(0);
    if (marker !== SOS) continue;
    if (body.byteLength !== 6 || body.getUint8(0) !== 1) {
      throw new UndecodableImage("the JPEG lossless scan is not of one component");
    }
    const table = tables[body.getUint8(2) >> 4];
    const predictor = body.getUint8(3);
    if (table === undefined)
      throw new UndecodableImage("the JPEG lossless scan names a Huffman table that is missing");
    if (predictor < 1 || predictor > 7)
      throw new UndecodableImage(`there is no JPEG lossless predictor ${predictor}`);
    if (restartInterval % columns !== 0) {
      throw new UndecodableImage("the JPEG restart interval is not a whole number of lines");
    }
    const linesPerInterval = restartInterval === 0 ? rows : restartInterval / columns;
    return { table, predictor, pointTransform: body.getUint8(5) & 15, linesPerInterval, start: end };
  }
  throw new UndecodableImage("the JPEG lossless codestream has no scan");
}

/** Tables of T.81 B.2.4.2: a class and destination, 16 counts by code length, then the categories in code order. */
function readHuffmanTables(body: DataView, tables: (HuffmanTable | undefined)[]): void {
  let position = 0;
  while (position + 17 <= body.byteLength) {
    const destination = body.getUint8(position) & 15;
    const counts = Array.from({ length: 16 }, (_, i) => body.getUint8(position + 1 + i));
    position += 17;
    const table = new Uint16Array(65536);
    let code = 0; // left-aligned in 16 bits
    for (const [i, count] of counts.entries()) {
      const length = i + 1;
      for (let n = 0; n < count; n++) {
        if (position >= body.byteLength || code + (1 << (16 - length)) > 65536) {
          throw new UndecodableImage("a JPEG Huffman table is damaged");
        }
        const category = body.getUint8(position++);
        if (category > 16) throw new UndecodableImage("a JPEG Huffman table is damaged");
        table.fill((length << 8) | category, code, code + (1 << (16 - length)));
        code += 1 << (16 - length);
      }
    }
    tables[destination] = table;
  }
}

/** The entropy-coded data, interval by interval. */
function decodeScan(
  encoded: Uint8Array,
  { table, predictor, pointTransform, linesPerInterval, start }: Scan,
  bitsPerSample: number,
  { rows, columns }: FrameFormat,
): Uint16Array {
  const words = new Uint16Array(rows * columns);
  const initial = 1 << Math.max(0, bitsPerSample - pointTransform - 1);
  const shortTable = shortDifferences(table);
  let position = start;
  for (let row = 0; row < rows; row += linesPerInterval) {
    if (row > 0) position = afterRestartMarker(encoded, position);
    const { bits, count, end } = bitsFrom(encoded, position, columns);
    const lines = { words, rows, columns, firstRow: row, lastRow: Math.min(rows, row + linesPerInterval) };
    decodeLines(lines, bits, count, table, shortTable, predictor, initial);
    position = end;
  }
  if (pointTransform > 0) for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) << pointTransform;
  return words;
}

/** Codes and the bits after them are looked up together where both fit into so many bits, as nearly all do. */
const SHORT_BITS = 13;

/** By the next 13 bits: `difference << 8 | bits used`; 0 where they are more or no code starts so. */
function shortDifferences(table: HuffmanTable): Int32Array {
  const short = new Int32Array(1 << SHORT_BITS);
  for (let next = 0; next < short.length; next++) {
    const entry = table[next << (16 - SHORT_BITS)] ?? 0;
    const [length, category] = [entry >>> 8, entry & 0xff];
    if (entry === 0 || category === 16 || length + category > SHORT_BITS) continue;
    const extra = (next >>> (SHORT_BITS - length - category)) & ((1 << category) - 1);
    short[next] = (differenceOf(category, extra) << 8) | (length + category);
  }
  return short;
}

/** T.81 F.1.2.1.1: the value of `category` bits. */
const differenceOf = (category: number, bits: number): number =>
  category > 0 && bits < 1 << (category - 1) ? bits - (1 << category) + 1 : bits;

/** The bits up to the next marker, without the zeros stuffed after FF, and so many more that a line never reads beyond. */
function bitsFrom(
  encoded: Uint8Array,
  start: number,
  columns: number,
): { readonly bits: DataView; readonly count: number; readonly end: number } {
  const plain = new Uint8Array(encoded.length - start + 4 * columns + 16);
  let length = 0;
  let from = start;
  for (;;) {
    const found = encoded.indexOf(0xff, from);
    const end = found < 0 ? encoded.length : found;
    const stuffed = found >= 0 && encoded[found + 1] === 0;
    plain.set(encoded.subarray(from, stuffed ? end + 1 : end), length);
    length += (stuffed ? end + 1 : end) - from;
    if (!stuffed) {
      plain.fill(0xff, length);
      return { bits: new DataView(plain.buffer), count: 8 * length, end };
    }
    from = end + 2;
  }
}

interface Lines {
  readonly words: Uint16Array;
  readonly rows: number;
  readonly columns: number;
  readonly firstRow: number;
  readonly lastRow: number;
}

/** The lines of one interval. One function, so that the place in the bits stays in a register. */
function decodeLines(
  { words, rows, columns, firstRow, lastRow }: Lines,
  bits: DataView,
  bitCount: number,
  table: HuffmanTable,
  shortTable: Int32Array,
  predictor: number,
  initial: number,
): void {
  let at = 0; // in bits
  for (let row = firstRow; row < lastRow; row++) {
    const firstLine = row === firstRow;
    const line = row * columns;
    let left = firstLine ? initial : (words[line - columns] ?? 0);
    let aboveLeft = 0;
    const fromLeft = firstLine || predictor === 1;
    for (let column = 0; column < columns; column++) {
      const next = bits.getInt32(at >>> 3) << (at & 7); // at least 25 of these bits are real
      const short = shortTable[next >>> (32 - SHORT_BITS)] as number;
      let difference = short >> 8;
      if (short !== 0) at += short & 0xff;
      else {
        const entry = table[next >>> 16] ?? 0;
        if (entry === 0) throw new UndecodableImage(`the JPEG lossless data is damaged in line ${row + 1}`);
        at += entry >>> 8;
        const category = entry & 0xff;
        if (category === 16) difference = 32768;
        else if (category > 0) {
          const extra = (bits.getInt32(at >>> 3) << (at & 7)) >>> (32 - category);
          at += category;
          difference = differenceOf(category, extra);
        }
      }
      if (fromLeft || column === 0) left = (left + difference) & 0xffff;
      else {
        const above = words[line - columns + column] as number;
        left = (predict(predictor, left, above, aboveLeft) + difference) & 0xffff;
      }
      if (!fromLeft) aboveLeft = words[line - columns + column] as number;
      words[line + column] = left;
    }
    if (at > bitCount)
      throw new UndecodableImage(`the JPEG lossless data is cut off in line ${row + 1} of ${rows}`);
  }
}

/** T.81 table H.1, from the second line and column on. */
function predict(predictor: number, left: number, above: number, aboveLeft: number): number {
  switch (predictor) {
    case 2:
      return above;
    case 3:
      return aboveLeft;
    case 4:
      return left + above - aboveLeft;
    case 5:
      return left + ((above - aboveLeft) >> 1);
    case 6:
      return above + ((left - aboveLeft) >> 1);
    case 7:
      return (left + above) >> 1;
    default:
      return left;
  }
}

/** After the marker at `position`, where the interval before it ended. */
function afterRestartMarker(encoded: Uint8Array, position: number): number {
  const second = encoded[position + 1] ?? 0;
  if (encoded[position] !== 0xff || second < 0xd0 || second > 0xd7) {
    throw new UndecodableImage("a JPEG restart marker is missing");
  }
  return position + 2;
}
