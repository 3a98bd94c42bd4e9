/**
 * @file What the headers of a source's files say, one short record a file: whose image it is and where it lies. Made in
 * one pass over the first kilobytes of every file, kept as `index.jsonl`, and never made twice.
 *
 * Patients stand as keyed digests, so that a dataset names nobody.
 */
import { createHmac } from "node:crypto";

import { parseHeader } from "../../dicom/instance.ts";
import { openInstance } from "../../dicom/part10.ts";
import type { DatasetSink, DatasetSource, SourceFile } from "./ends.ts";

/** A file that is an instance. */
export interface IndexedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sopInstanceUid: string;
  /** Keyed digest of PatientID, or of the study where there is none. */
  readonly patient: string;
  readonly study: string;
}

/** A file whose header cannot be read. */
export interface BrokenFile {
  readonly name: string;
  readonly bytes: number;
  readonly reason: string;
}

export const INDEX_FILE = "index.jsonl";

/** Nearly every header of a CT slice ends before this; a longer one costs a second read. */
const HEAD_BYTES = 16 * 1024;
/** Files whose headers are read at once, and records written together. */
const AT_ONCE = 16;
const BATCH = 512;

/** Stable pseudonym of a patient: 64 bits of HMAC-SHA-256. */
export function patientDigest(patientId: string, secret: string): string {
  return createHmac("sha256", `firstread patient ${secret}`).update(patientId).digest("hex").slice(0, 16);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Read one header: of the first bytes where they suffice. */
async function indexOne(
  source: DatasetSource,
  file: SourceFile,
  secret: string,
): Promise<IndexedFile | BrokenFile> {
  const { name, bytes } = file;
  try {
    const header = await headOf(source, file);
    const owner = header.patient.id === "" ? `study ${header.studyInstanceUid}` : header.patient.id;
    return {
      ...{ name, bytes, sopInstanceUid: header.sopInstanceUid },
      patient: patientDigest(owner, secret),
      study: header.studyInstanceUid,
    };
  } catch (error) {
    return { name, bytes, reason: reasonOf(error) };
  }
}

async function headOf(source: DatasetSource, file: SourceFile): Promise<ReturnType<typeof parseHeader>> {
  const head = await source.read(file, HEAD_BYTES);
  if (head.byteLength < file.bytes && !reachesPixels(head)) return parseHeader(await source.read(file));
  return parseHeader(head);
}

function reachesPixels(head: Uint8Array): boolean {
  try {
    return openInstance(head, "header").dataSet.element(0x7fe00010) !== undefined;
  } catch {
    return false;
  }
}

/**
 * The index of all files of a source, in the order of `files`. Records of an earlier run are taken from the sink where
 * name and size are the same.
 */
export async function indexSource(
  source: DatasetSource,
  files: readonly SourceFile[],
  sink: DatasetSink,
  secret: string,
  onProgress: (done: number) => void,
  signal?: AbortSignal,
): Promise<readonly (IndexedFile | BrokenFile)[]> {
  const known = new Map<string, IndexedFile>();
  for await (const line of sink.lines(INDEX_FILE)) {
    const record = JSON.parse(line) as IndexedFile;
    known.set(record.name, record);
  }
  const index: (IndexedFile | BrokenFile)[] = [];
  const strings = new Map<string, string>();
  for (let start = 0; start < files.length; start += BATCH) {
    signal?.throwIfAborted();
    const batch = files.slice(start, start + BATCH);
    const fresh: string[] = [];
    for (let i = 0; i < batch.length; i += AT_ONCE) {
      const records = await Promise.all(
        batch.slice(i, i + AT_ONCE).map(async (file) => {
          const before = known.get(file.name);
          if (before?.bytes === file.bytes) return before;
          const record = await indexOne(source, file, secret);
          // Broken files are not remembered: the next run looks at them again.
          if (!("reason" in record)) fresh.push(JSON.stringify(record));
          return record;
        }),
      );
      for (const record of records) index.push("reason" in record ? record : shared(record, strings));
    }
    await sink.append(INDEX_FILE, fresh);
    onProgress(Math.min(files.length, start + BATCH));
  }
  return index;
}

/** The same record with each patient's and study's text standing once in memory. */
function shared(record: IndexedFile, strings: Map<string, string>): IndexedFile {
  const once = (text: string): string => {
    const kept = strings.get(text);
    if (kept !== undefined) return kept;
    strings.set(text, text);
    return text;
  };
  return { ...record, patient: once(record.patient), study: once(record.study) };
}
