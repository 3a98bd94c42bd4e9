/**
 * @file De-identification of an instance by the Basic Application Level Confidentiality Profile (PS3.15 annex E).
 *
 * The file stays in its own transfer syntax and its pixels are copied byte for byte; every other element is kept,
 * replaced or left out, in sequences too. What burned-in text the pixels may show is not looked for, only suspected.
 */
import { deflateRawSync } from "node:zlib";

import { PIXEL_DATA, UNDEFINED_LENGTH, UnreadableInstance } from "../dataset.ts";
import type { DataSet, Element, Encoding } from "../dataset.ts";
import { elementBytes, elementHeader, itemBytes, textValue } from "../element-writer.ts";
import { encapsulatedEnd } from "../frames.ts";
import { headerOf } from "../instance.ts";
import { openInstance } from "../part10.ts";
import { DEFLATED_EXPLICIT_LITTLE_ENDIAN } from "../transfer-syntax.ts";
import { burnedInRisks } from "./burned-in.ts";
import { harmlessWords } from "./descriptor-words.ts";
import { dummyValue } from "./dummy-values.ts";
import { methodElements } from "./method.ts";
import { actionFor, isSequenceTag, profileName, profileVr } from "./profile.ts";
import type { ProfileOption } from "./profile.ts";
import type { Pseudonyms } from "./pseudonyms.ts";

export interface DeidentifiedInstance {
  readonly bytes: Buffer;
  readonly patient: string;
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
  /** How often each attribute of the profile was removed, emptied or replaced, by its name. */
  readonly changed: ReadonlyMap<string, number>;
  /** Why the pixels may show names; empty when nothing says so. */
  readonly burnedInRisks: readonly string[];
}

const PATIENT_NAME = 0x00100010;
const PATIENT_ID = 0x00100020;
const NO_OPTIONS: ReadonlySet<ProfileOption> = new Set();
const EXPLICIT: Encoding = { explicitVr: true, littleEndian: true };
/** 2.25 and a number derived once for this implementation. */
const IMPLEMENTATION_CLASS_UID = "2.25.223610926571283704532418990326127043212";

/**
 * De-identify a file's bytes.
 * @throws UnreadableInstance when the bytes are no usable instance
 */
export function deidentifyInstance(
  file: Uint8Array,
  pseudonyms: Pseudonyms,
  chosen: ReadonlySet<ProfileOption>,
): DeidentifiedInstance {
  const instance = openInstance(file, "pixels");
  const { dataSet, transferSyntaxUid } = instance;
  const header = headerOf(instance);
  // Without an ID, a study's images belong together and to nobody else.
  const patientId = dataSet.string(PATIENT_ID) || `study ${header.studyInstanceUid}`;
  const job: Job = { pseudonyms, chosen, patientId, changed: new Map() };
  const { encoding } = dataSet;
  const elements = new Map(rewritten(dataSet, job));
  for (const [tag, bytes] of methodElements(encoding, chosen)) elements.set(tag, bytes);
  const ordered = [...elements].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
  const body = Buffer.concat([...ordered, pixelBytes(dataSet)]);
  const isKept = chosen.has("uids");
  const uid = (original: string): string => (isKept ? original : pseudonyms.uid(original));
  const meta = metaBytes(header.sopClassUid, uid(header.sopInstanceUid), transferSyntaxUid);
  const isDeflated = transferSyntaxUid === DEFLATED_EXPLICIT_LITTLE_ENDIAN;
  return {
    bytes: Buffer.concat([meta, isDeflated ? evenly(deflateRawSync(body)) : body]),
    patient: pseudonyms.patient(job.patientId),
    studyInstanceUid: uid(header.studyInstanceUid),
    sopInstanceUid: uid(header.sopInstanceUid),
    changed: job.changed,
    burnedInRisks: burnedInRisks(dataSet, header),
  };
}

interface Job {
  readonly pseudonyms: Pseudonyms;
  readonly chosen: ReadonlySet<ProfileOption>;
  readonly patientId: string;
  readonly changed: Map<string, number>;
}

const evenly = (bytes: Buffer): Buffer =>
  bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);

/** All elements but the pixels that are still there, tag and bytes. */
function* rewritten(dataSet: DataSet, job: Job): Generator<[tag: number, bytes: Buffer]> {
  for (const [tag, element] of dataSet.elements()) {
    // Group lengths would be wrong; padding and signatures behind the pixels are never read.
    if (tag === PIXEL_DATA || (tag & 0xffff) === 0) continue;
    const bytes = rewrittenElement(dataSet, tag, element, job);
    if (bytes) yield [tag, bytes];
  }
}

function rewrittenElement(dataSet: DataSet, tag: number, element: Element, job: Job): Buffer | null {
  const { encoding } = dataSet;
  const vr = element.vr === "" || element.vr === "UN" ? profileVr(tag) : element.vr;
  const written = encoding.explicitVr ? element.vr : "";
  const wanted = actionFor(tag, job.chosen);
  const harmless = wanted === "clean" ? harmlessWords(dataSet.string(tag)) : null;
  // A description without a harmless word goes as it would without the option.
  const action = harmless === "" ? actionFor(tag, NO_OPTIONS) : wanted;
  const isSequence = element.vr === "SQ" || looksLikeSequence(dataSet, tag, element);
  if (action === "keep") {
    if (isSequence) return rewrittenSequence(dataSet, tag, element, job);
    const value = dataSet.bytes.subarray(element.offset, element.offset + element.length);
    return elementBytes(tag, written, value, encoding);
  }
  const name = profileName(tag);
  job.changed.set(name, (job.changed.get(name) ?? 0) + 1);
  const replaced = (text: string): Buffer => elementBytes(tag, written, textValue(text, vr), encoding);
  // The profile lets a value be emptied or replaced by another: a stable one keeps a patient's studies together.
  if (tag === PATIENT_ID) return replaced(job.pseudonyms.patient(job.patientId));
  if (tag === PATIENT_NAME) return replaced(`${job.pseudonyms.patient(job.patientId)}^`);
  switch (action) {
    case "clean":
      return replaced(harmless ?? "");
    case "remove":
      return null;
    case "empty":
      return elementBytes(tag, written, Buffer.alloc(0), encoding);
    case "dummy":
      if (isSequence) return elementBytes(tag, written, itemBytes(Buffer.alloc(0), encoding), encoding);
      return elementBytes(tag, written, dummyValue(vr), encoding);
    case "uid":
      return replaced(
        dataSet
          .strings(tag)
          .map((value) => job.pseudonyms.uid(value))
          .join("\\"),
      );
    case "shift":
      if (vr === "TM") return replaced(dataSet.string(tag));
      return replaced(
        dataSet
          .strings(tag)
          .map((value) => job.pseudonyms.shiftedDate(value, job.patientId))
          .join("\\"),
      );
  }
}

/** Whether an element without a (known) representation is a sequence: by its tag, or as it begins with an item. */
function looksLikeSequence(
  { bytes, encoding }: DataSet,
  tag: number,
  { vr, offset, length }: Element,
): boolean {
  if (vr !== "" && vr !== "UN") return false;
  if (isSequenceTag(tag)) return true;
  const item = encoding.littleEndian || vr === "UN" ? [0xfe, 0xff, 0x00, 0xe0] : [0xff, 0xfe, 0xe0, 0x00];
  return length >= 8 && item.every((byte, i) => bytes[offset + i] === byte);
}

/** A sequence with each item's elements rewritten, of defined length; none when its items cannot be read. */
function rewrittenSequence(dataSet: DataSet, tag: number, element: Element, job: Job): Buffer | null {
  try {
    const items = dataSet.items(tag).map((item) => {
      const content = [...rewritten(item, job)].map(([, bytes]) => bytes);
      return itemBytes(Buffer.concat(content), item.encoding);
    });
    return elementBytes(tag, element.vr, Buffer.concat(items), dataSet.encoding);
  } catch (error) {
    if (!(error instanceof UnreadableInstance)) throw error;
    job.changed.set("Unreadable sequences", (job.changed.get("Unreadable sequences") ?? 0) + 1);
    return null;
  }
}

/** PixelData as it stands, header and all; nothing where there is none. */
function pixelBytes(dataSet: DataSet): Buffer {
  const element = dataSet.element(PIXEL_DATA);
  if (!element) return Buffer.alloc(0);
  const { bytes, encoding } = dataSet;
  const isOpen = element.length === UNDEFINED_LENGTH;
  const end = isOpen ? encapsulatedEnd(bytes, element.offset) : element.offset + element.length;
  if (end > bytes.length) {
    throw new UnreadableInstance(
      `the pixel data is cut off: ${end - element.offset} bytes are claimed and ${bytes.length - element.offset} are there`,
    );
  }
  const header = elementHeader(PIXEL_DATA, element.vr, element.length, encoding);
  return Buffer.concat([header, bytes.subarray(element.offset, end)]);
}

/** Preamble and file meta information (PS3.10 7.1). */
function metaBytes(sopClassUid: string, sopInstanceUid: string, transferSyntaxUid: string): Buffer {
  const ui = (tag: number, text: string): Buffer => elementBytes(tag, "UI", textValue(text, "UI"), EXPLICIT);
  const group = Buffer.concat([
    elementBytes(0x00020001, "OB", Uint8Array.of(0, 1), EXPLICIT),
    ui(0x00020002, sopClassUid),
    ui(0x00020003, sopInstanceUid),
    ui(0x00020010, transferSyntaxUid),
    ui(0x00020012, IMPLEMENTATION_CLASS_UID),
    elementBytes(0x00020013, "SH", textValue("FIRSTREAD", "SH"), EXPLICIT),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(group.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    elementBytes(0x00020000, "UL", length, EXPLICIT),
    group,
  ]);
}
