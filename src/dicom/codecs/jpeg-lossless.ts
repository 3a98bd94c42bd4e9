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

/** The entropy-coded data, line by line. One function, so that the bit buffer stays in registers. */
function decodeScan(
  encoded: Uint8Array,
  { table, predictor, pointTransform, linesPerInterval, start }: Scan,
  bitsPerSample: number,
  { rows, columns }: FrameFormat,
): Uint16Array {
  const words = new Uint16Array(rows * columns);
  const initial = 1 << Math.max(0, bitsPerSample - pointTransform - 1);
  let position = start;
  let buffer = 0; // its lowest `available` bits are still to be read
  let available = 0;
  let invented = 0; // bits put in behind the end of the data

  for (let row = 0; row < rows; row++) {
    const firstLine = row % linesPerInterval === 0;
    if (firstLine && row > 0) {
      position = afterRestartMarker(encoded, position);
      buffer = available = invented = 0;
    }
    const line = row * columns;
    let left = firstLine ? initial : (words[line - columns] ?? 0);
    let aboveLeft = 0;
    for (let column = 0; column < columns; column++) {
      while (available <= 16) {
        const byte = encoded[position] ?? 0xff;
        if (byte !== 0xff) position++;
        else if (encoded[position + 1] === 0) position += 2;
        else invented += 8; // a marker, or the end
        buffer = (buffer << 8) | byte;
        available += 8;
      }
      const entry = table[(buffer >>> (available - 16)) & 0xffff] ?? 0;
      if (entry === 0) throw new UndecodableImage(`the JPEG lossless data is damaged in line ${row + 1}`);
      available -= entry >>> 8;
      const category = entry & 0xff;
      let difference = 0;
      if (category === 16) difference = 32768;
      else if (category > 0) {
        while (available < category) {
          const byte = encoded[position] ?? 0xff;
          if (byte !== 0xff) position++;
          else if (encoded[position + 1] === 0) position += 2;
          else invented += 8;
          buffer = (buffer << 8) | byte;
          available += 8;
        }
        available -= category;
        difference = (buffer >>> available) & ((1 << category) - 1);
        if (difference < 1 << (category - 1)) difference -= (1 << category) - 1;
      }
      const above = firstLine ? 0 : (words[line - columns + column] ?? 0);
      const prediction =
        firstLine || column === 0 || predictor === 1 ? left : predict(predictor, left, above, aboveLeft);
      left = (prediction + difference) & 0xffff;
      aboveLeft = above;
      words[line + column] = left;
    }
    if (invented > available) {
      throw new UndecodableImage(`the JPEG lossless data is cut off in line ${row + 1} of ${rows}`);
    }
  }
  if (pointTransform > 0) for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) << pointTransform;
  return words;
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

/** The bit buffer never reads past a marker, so the next marker is at or just after `position`. */
function afterRestartMarker(encoded: Uint8Array, position: number): number {
  const second = encoded[position + 1] ?? 0;
  if (encoded[position] !== 0xff || second < 0xd0 || second > 0xd7) {
    throw new UndecodableImage("a JPEG restart marker is missing");
  }
  return position + 2;
}
