/**
 * @file The short texts of a data set's top level, private ones too: what a department's rules may look at.
 *
 * Kept once a study, so that a rule which names another attribute tomorrow holds for the studies of today. Who
 * the patient is stands in the study's header and is left out here.
 */
import { decodeText } from "./charset.ts";
import type { DataSet } from "./dataset.ts";
import { PIXEL_DATA, UNDEFINED_LENGTH } from "./dataset.ts";
import { headerOf } from "./instance.ts";
import type { InstanceHeader } from "./instance.ts";
import { openInstance } from "./part10.ts";

const TEXT_VRS: ReadonlySet<string> = new Set("AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UT".split(" "));
/** In implicit VR, and where a gateway wrote UN, the bytes must speak for themselves. */
const UNKNOWN_VRS: ReadonlySet<string> = new Set(["", "UN"]);

const LONGEST_BYTES = 256;
const MOST_ATTRIBUTES = 200;

/** PS3.6 group 0010 up to the patient's history: names, identifiers, addresses. Sex, age, weight and alerts stay. */
const IDENTIFYING: ReadonlySet<number> = new Set([
  ...[0x00100010, 0x00100020, 0x00100021, 0x00100022, 0x00100030, 0x00100032, 0x00101000, 0x00101001],
  ...[0x00101002, 0x00101005, 0x00101040, 0x00101060, 0x00101090, 0x00102154, 0x00102155, 0x00102297],
]);

const ESC = 0x1b;

function isPrintable(bytes: Uint8Array): boolean {
  for (const [i, byte] of bytes.entries()) {
    const isPadding = byte === 0 && i === bytes.length - 1;
    if ((byte < 0x20 || byte === 0x7f) && byte !== ESC && !isPadding) return false;
  }
  return true;
}

/** Tag as 8 upper-case hex digits → text; values of several are joined by "\\". */
export function textAttributes(dataSet: DataSet): Record<string, string> {
  const characterSets = dataSet.strings(0x00080005);
  const found: Record<string, string> = {};
  let count = 0;
  for (const [tag, { vr, length }] of dataSet.elements()) {
    if (length === 0 || length === UNDEFINED_LENGTH || length > LONGEST_BYTES) continue;
    if ((tag & 0xffff) === 0 || tag === PIXEL_DATA || IDENTIFYING.has(tag)) continue;
    const isText = TEXT_VRS.has(vr);
    if (!isText && !UNKNOWN_VRS.has(vr)) continue;
    const bytes = dataSet.value(tag);
    if (bytes === undefined || (!isText && !isPrintable(bytes))) continue;
    const text = decodeText(bytes, characterSets)
      .replace(/[\0 ]+$/, "")
      .trim();
    if (text === "") continue;
    found[tag.toString(16).toUpperCase().padStart(8, "0")] = text;
    if (++count === MOST_ATTRIBUTES) break;
  }
  return found;
}

/** What receiving needs of an instance. */
export interface ReceivedInstance extends InstanceHeader {
  /** Read when asked for: it costs as much as the header again, and is wanted once a study. */
  readonly attributes: () => Readonly<Record<string, string>>;
}

/**
 * The header of a DICOM file's bytes, with the texts of its top level.
 *
 * @throws UnreadableInstance with the reason in plain words
 */
export function parseReceived(bytes: Uint8Array): ReceivedInstance {
  const opened = openInstance(bytes, "header");
  return { ...headerOf(opened), attributes: () => textAttributes(opened.dataSet) };
}
