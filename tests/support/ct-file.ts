/**
 * @file CT instances made from nothing, for tests and benchmarks of receiving: Part 10 files written element
 * by element, without the code under test.
 */
export interface CtFile {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly instanceNumber: number;
  /** Default 512: `rows` × `columns` pixels of 16 bits. */
  readonly rows?: number;
  readonly columns?: number;
  /** Default Explicit VR Little Endian; also Implicit VR Little Endian. */
  readonly transferSyntaxUid?: string;
  /** Different seeds give different pixels. */
  readonly seed?: number;
  /** Texts in the place of the usual ones, in Latin-1: tag as 8 hex digits → value. */
  readonly text?: Readonly<Record<string, string>>;
}

const CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const IMPLICIT = "1.2.840.10008.1.2";

function element(tag: number, vr: string, value: string | Buffer, explicit: boolean): Buffer {
  const pad = vr === "UI" ? "\0" : " ";
  const bytes =
    typeof value !== "string" ? value : Buffer.from(value.length % 2 === 0 ? value : value + pad, "latin1");
  const isLong = vr === "OW" || vr === "OB";
  const header = Buffer.alloc(explicit && isLong ? 12 : 8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  if (!explicit) header.writeUInt32LE(bytes.length, 4);
  else {
    header.write(vr, 4, "latin1");
    if (isLong) header.writeUInt32LE(bytes.length, 8);
    else header.writeUInt16LE(bytes.length, 6);
  }
  return Buffer.concat([header, bytes]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** A ramp with noise: compressible like a head, never two alike for different seeds. */
function pixels(count: number, seed: number): Buffer {
  const values = new Int16Array(count);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < count; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = (i % 200) - 100 + (state >>> 27);
  }
  return Buffer.from(values.buffer);
}

/** The data set alone, as it travels. */
export function ctDataSet(file: CtFile): Buffer {
  const { rows = 512, columns = 512, transferSyntaxUid = EXPLICIT, seed = 1 } = file;
  const explicit = transferSyntaxUid !== IMPLICIT;
  const elements: readonly (readonly [number, string, string | Buffer])[] = [
    [0x00080005, "CS", "ISO_IR 100"],
    [0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"],
    [0x00080016, "UI", CT_IMAGE_STORAGE],
    [0x00080018, "UI", file.sopInstanceUid],
    [0x00080020, "DA", "20260301"],
    [0x00080030, "TM", "221405"],
    [0x00080050, "SH", "A0001"],
    [0x00080060, "CS", "CT"],
    [0x00080070, "LO", "FirstRead tests"],
    [0x00081030, "LO", "CT HEAD"],
    [0x0008103e, "LO", "AXIAL 5MM"],
    [0x00090010, "LO", "FIRSTREAD TESTS"], // a private block, to be kept like everything else
    [0x00091001, "LO", "kept as it came"],
    [0x00100010, "PN", "TEST^RECEIVING"],
    [0x00100020, "LO", "T1"],
    [0x00100040, "CS", "O"],
    [0x00180015, "CS", "HEAD"],
    [0x00180050, "DS", "5"],
    [0x0020000d, "UI", file.studyInstanceUid],
    [0x0020000e, "UI", file.seriesInstanceUid],
    [0x00200011, "IS", "1"],
    [0x00200013, "IS", String(file.instanceNumber)],
    [0x00200032, "DS", `-125\\-125\\${5 * file.instanceNumber}`],
    [0x00200037, "DS", "1\\0\\0\\0\\1\\0"],
    [0x00280002, "US", uint16(1)],
    [0x00280004, "CS", "MONOCHROME2"],
    [0x00280010, "US", uint16(rows)],
    [0x00280011, "US", uint16(columns)],
    [0x00280030, "DS", "0.48828125\\0.48828125"],
    [0x00280100, "US", uint16(16)],
    [0x00280101, "US", uint16(16)],
    [0x00280102, "US", uint16(15)],
    [0x00280103, "US", uint16(1)],
    [0x00281052, "DS", "0"],
    [0x00281053, "DS", "1"],
    [0x7fe00010, "OW", pixels(rows * columns, seed)],
  ];
  return Buffer.concat(
    elements.map(([tag, vr, value]) => {
      const key = tag.toString(16).toUpperCase().padStart(8, "0");
      return element(tag, vr, file.text?.[key] ?? value, explicit);
    }),
  );
}

/** The whole Part 10 file. */
export function ctFile(file: CtFile): Buffer {
  const meta = Buffer.concat([
    element(0x00020001, "OB", Buffer.from([0, 1]), true),
    element(0x00020002, "UI", CT_IMAGE_STORAGE, true),
    element(0x00020003, "UI", file.sopInstanceUid, true),
    element(0x00020010, "UI", file.transferSyntaxUid ?? EXPLICIT, true),
    element(0x00020012, "UI", "2.25.1", true),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM", "latin1"),
    element(0x00020000, "UL", length, true),
    meta,
    ctDataSet(file),
  ]);
}

/** A new UID under 2.25, from random bits. */
export function newUid(): string {
  return `2.25.${BigInt(`0x${crypto.randomUUID().replaceAll("-", "")}`)}`;
}

/** Where a Part 10 file's data set starts, by its group length (PS3.10 7.1). */
export const dataSetOf = (file: Buffer): Buffer => file.subarray(144 + file.readUInt32LE(140));
