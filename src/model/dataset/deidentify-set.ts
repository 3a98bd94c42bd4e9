/**
 * @file De-identification of a whole source on every core: `<patient>/<study>/<instance>.dcm`, a journal, a report.
 *
 * Files are written and noted in the source's order. What stops a run leaves whole files only, and the same command goes
 * on after the last that is noted.
 */
import type { DeidentifiedInstance } from "../../dicom/deidentify/deidentify.ts";
import type { ProfileOption } from "../../dicom/deidentify/profile.ts";
import { Pseudonyms } from "../../dicom/deidentify/pseudonyms.ts";
import type { LeftOut } from "./assignment.ts";
import { ByteThreads, FILES_PER_THREAD } from "./byte-threads.ts";
import type { ByteOutcome } from "./byte-threads.ts";
import { DeidentifyJournal, sourceDigest } from "./deidentify-journal.ts";
import type { FinishedFile } from "./deidentify-journal.ts";
import type { DeidentifyOrder } from "./deidentify-worker.ts";
import type { DatasetSink, DatasetSource, SourceFile } from "./ends.ts";
import { fileName } from "./file-name.ts";
import { inOrder, untilAborted } from "./in-order.ts";
import { release } from "./picture.ts";
import { OtherDataset, secretCheck } from "./settings.ts";
import { inPlainWords } from "./stopped.ts";

export interface DeidentifyRequest {
  readonly source: DatasetSource;
  readonly sink: DatasetSink;
  /** Key of all pseudonyms. */
  readonly secret: string;
  readonly options: readonly ProfileOption[];
  /** Write files whose pixels may show names all the same. */
  readonly keepFlagged: boolean;
  readonly threads: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface DeidentifyReport {
  readonly output: string;
  /** Written now, and there before. */
  readonly written: number;
  readonly kept: number;
  readonly patients: number;
  /** Files whose pixels may show names, of this run and earlier ones. */
  readonly flagged: readonly LeftOut[];
  readonly skipped: readonly LeftOut[];
  /** How often each attribute was removed, emptied or replaced, the most frequent first. */
  readonly changed: Readonly<Record<string, number>>;
  /** Which file became which. Identifies everybody. */
  readonly mapping: readonly (readonly [source: string, file: string])[];
}

const SETTINGS_FILE = "deidentified.json";
const REPORT_FILE = "deidentification-report.json";
const DEIDENTIFY_WORKER = new URL("./deidentify-worker.ts", import.meta.url);
/** Files being written at once; a bucket answers slowly. */
const WRITES_AT_ONCE = 8;

/** A source file with what became of it. */
type Done = { readonly file: SourceFile } & (
  { readonly finished: FinishedFile } | { readonly reason: string }
);

/**
 * De-identify what is missing.
 * @throws RangeError for a secret too short, or a source without files
 * @throws OtherDataset for a destination made with another secret or other options
 * @throws WorkStopped when the destination takes no more (a full disk), or the signal says so
 */
export async function deidentifyDataset(request: DeidentifyRequest): Promise<DeidentifyReport> {
  const { source, sink, secret, keepFlagged } = request;
  try {
    // Each thread makes its own; a secret that is none is found out here.
    new Pseudonyms(secret);
    await keepSettings(request);
    const files = await source.list();
    if (files.length === 0) throw new RangeError(`${source.uri} has no file that may be a DICOM instance`);
    const { journal, finished } = await DeidentifyJournal.open(sink);
    const counter = new Counter(sink.uri);
    const missing: SourceFile[] = [];
    for (const file of files) {
      const before = finished.get(sourceDigest(file.name, file.bytes, secret));
      // What an earlier run left out for its pixels is wanted now.
      if (before && (before.file !== null || !keepFlagged)) counter.add(file, before, false);
      else missing.push(file);
    }
    let done = 0;
    for await (const outcome of work(request, missing, counter.names)) {
      if ("reason" in outcome) counter.skip(outcome.file, outcome.reason);
      else {
        await journal.add(outcome.finished);
        counter.add(outcome.file, outcome.finished, true);
      }
      request.onProgress?.(++done, missing.length);
    }
    await sink.flush();
    request.signal?.throwIfAborted();
    const report = counter.result();
    await sink.write(REPORT_FILE, `${JSON.stringify(withoutNames(report, request), null, 2)}\n`);
    return report;
  } catch (error) {
    throw inPlainWords(error, sink.uri);
  }
}

/** @throws OtherDataset */
async function keepSettings({ sink, secret, options }: DeidentifyRequest): Promise<void> {
  const wanted = JSON.stringify({ secretCheck: secretCheck(secret), options: [...options].sort() });
  const before = await sink.text(SETTINGS_FILE);
  if (before === null) await sink.write(SETTINGS_FILE, `${wanted}\n`);
  else if (before.trim() !== wanted) {
    throw new OtherDataset(
      `${sink.uri} holds files de-identified with another secret or other options: ${before.trim()} there, ` +
        `${wanted} here. Give the same to go on, or an empty destination.`,
    );
  }
}

/** Read and de-identify on all threads, then write, each in order. */
async function* work(
  { source, sink, secret, options, keepFlagged, threads, signal }: DeidentifyRequest,
  missing: readonly SourceFile[],
  names: ReadonlySet<string>,
): AsyncGenerator<Done> {
  if (missing.length === 0) return;
  const order: DeidentifyOrder = { secret, options };
  const pool = new ByteThreads<null, DeidentifiedInstance>(DEIDENTIFY_WORKER, order, threads);
  const claimed = new Set(names);
  type Cleaned = { readonly file: SourceFile } & ByteOutcome<DeidentifiedInstance>;
  const clean = async (file: SourceFile): Promise<Cleaned> => ({
    file,
    ...(await pool.run(source, file, null)),
  });
  const write = async ({ file, ...outcome }: Cleaned): Promise<Done> => {
    if ("reason" in outcome) return { file, reason: outcome.reason };
    const { bytes, patient, burnedInRisks: risks, changed, ...uids } = outcome.result;
    const digest = sourceDigest(file.name, file.bytes, secret);
    if (risks.length > 0 && !keepFlagged)
      return { file, finished: { source: digest, file: null, patient, risks, changed: new Map() } };
    const name = `${patient}/${fileName(uids.studyInstanceUid)}/${fileName(uids.sopInstanceUid)}.dcm`;
    // Claimed before anything is awaited, so that of two files the first of the source's order is written.
    if (claimed.has(name)) return { file, reason: "a second file with its SOPInstanceUID" };
    claimed.add(name);
    await sink.write(name, bytes);
    release(bytes);
    return { file, finished: { source: digest, file: name, patient, risks, changed } };
  };
  try {
    const cleaned = inOrder(untilAborted(missing, signal), FILES_PER_THREAD * threads, clean);
    yield* inOrder(cleaned, WRITES_AT_ONCE, write);
  } finally {
    await pool.close();
  }
}

/** The report that lies beside the files: figures, no source file's name. */
function withoutNames(report: DeidentifyReport, { options }: DeidentifyRequest): object {
  const { written, kept, patients, flagged, skipped, changed } = report;
  return {
    ...{ profile: "PS3.15 Basic Application Level Confidentiality Profile", options },
    ...{ files: written + kept, patients, flagged: flagged.length, skipped: skipped.length, changed },
  };
}

/** Sums up files, of this run and of earlier ones. */
class Counter {
  readonly #output: string;
  readonly #patients = new Set<string>();
  readonly #changed = new Map<string, number>();
  readonly #flagged: LeftOut[] = [];
  readonly #skipped: LeftOut[] = [];
  readonly #mapping: [source: string, file: string][] = [];
  readonly names = new Set<string>();
  #written = 0;

  constructor(output: string) {
    this.#output = output;
  }

  add({ name }: SourceFile, { file, patient, risks, changed }: FinishedFile, isNew: boolean): void {
    if (risks.length > 0) this.#flagged.push({ file: name, reason: risks.join("; ") });
    if (file === null) return;
    if (isNew) this.#written += 1;
    this.names.add(file);
    this.#patients.add(patient);
    this.#mapping.push([name, file]);
    for (const [attribute, count] of changed)
      this.#changed.set(attribute, (this.#changed.get(attribute) ?? 0) + count);
  }

  skip({ name }: SourceFile, reason: string): void {
    this.#skipped.push({ file: name, reason });
  }

  result(): DeidentifyReport {
    return {
      ...{ output: this.#output, written: this.#written, kept: this.#mapping.length - this.#written },
      ...{ patients: this.#patients.size, flagged: this.#flagged, skipped: this.#skipped },
      changed: Object.fromEntries([...this.#changed].sort(([, a], [, b]) => b - a)),
      mapping: this.#mapping,
    };
  }
}
