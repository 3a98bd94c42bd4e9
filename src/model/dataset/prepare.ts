/**
 * @file From DICOM files and labels to a training set: `train/`, `validation/` and `test/`, each with a folder a class
 * of three-window pictures, and a manifest.
 *
 * Headers are read first (the split needs every patient), then files are turned into pictures by all cores. Memory is
 * bounded by what is in the making; whatever stops a run, the same command goes on after the manifest's last line.
 */
import { fileName } from "./file-name.ts";
import { inOrder, untilAborted } from "./in-order.ts";
import { assign } from "./assignment.ts";
import type { AssignedFile, Assignment, LeftOut } from "./assignment.ts";
import { ByteThreads, FILES_PER_THREAD } from "./byte-threads.ts";
import type { DatasetSink, DatasetSource } from "./ends.ts";
import { indexSource } from "./file-index.ts";
import type { Labels } from "./label-table.ts";
import { readManifest, shardFile } from "./manifest.ts";
import type { ManifestEntry, Shard } from "./manifest.ts";
import { release } from "./picture.ts";
import type { PictureSpec } from "./picture.ts";
import type { MadePicture, PictureOrder } from "./picture-worker.ts";
import { keepSettings, secretCheck, windowsInWords } from "./settings.ts";
import type { SplitParts } from "./split-plan.ts";
import { inPlainWords } from "./stopped.ts";

export interface PrepareRequest {
  readonly source: DatasetSource;
  readonly sink: DatasetSink;
  readonly labels: Labels;
  readonly picture: PictureSpec;
  readonly split: SplitParts;
  readonly seed: number;
  /** Key of the patients' digests. */
  readonly secret: string;
  readonly shard: Shard;
  readonly threads: number;
  readonly onProgress?: (stage: "headers" | "pictures", done: number, total: number) => void;
  /** Stops the run as if it had been killed, only sooner. */
  readonly signal?: AbortSignal;
}

/** Time spent on each stage, all threads together; read and write are waits of the main thread where an end is not a folder. */
export interface StageTotalsMs {
  read: number;
  decode: number;
  window: number;
  encode: number;
  write: number;
}

export interface PrepareReport {
  readonly files: number;
  readonly patientGroups: number;
  /** Of this shard: made now, and there before. */
  readonly made: number;
  readonly kept: number;
  /** Of this shard: files that gave no picture, with the reason. */
  readonly skipped: readonly LeftOut[];
  readonly withoutLabel: number;
  readonly withoutFile: number;
  readonly withoutClass: Readonly<Record<string, number>>;
  readonly labels: Labels["problems"];
  readonly seconds: number;
  readonly stagesMs: StageTotalsMs;
}

const PICTURE_WORKER = new URL("./picture-worker.ts", import.meta.url);
const LISTS = { withoutLabel: "without-label.txt", withoutFile: "without-file.txt" };

/**
 * Make what is missing.
 * @throws OtherDataset for a destination made with other settings
 * @throws WorkStopped when the destination takes no more (a full disk), or the signal says so
 */
export async function prepareDataset(request: PrepareRequest): Promise<PrepareReport> {
  const { source, sink, labels, picture, split, seed, shard } = request;
  const startedAt = performance.now();
  const stagesMs: StageTotalsMs = { read: 0, decode: 0, window: 0, encode: 0, write: 0 };
  try {
    await keepSettings(sink, {
      ...{ classes: labels.classes, picture, split, seed },
      ...{ secretCheck: secretCheck(request.secret), shards: shard.of },
    });
    const files = await source.list();
    if (files.length === 0) throw new RangeError(`${source.uri} has no file that may be a DICOM instance`);
    const index = await indexSource(
      source,
      files,
      sink,
      request.secret,
      (done) => {
        request.onProgress?.("headers", done, files.length);
      },
      request.signal,
    );
    const assignment = assign(index, labels, split, seed);
    const own = <T>(all: readonly T[]): T[] => all.filter((_, i) => i % shard.of === shard.index - 1);
    const finished = new Set<string>();
    for await (const { image } of readManifest(sink, shardFile("manifest", shard))) finished.add(image);
    const wanted = own(assignment.assigned).filter(({ image }) => !finished.has(image));
    const failed = await makePictures(request, wanted, stagesMs);
    const report: PrepareReport = {
      files: files.length,
      patientGroups: assignment.groups,
      made: wanted.length - failed.length,
      kept: finished.size,
      skipped: [...own(assignment.leftOut), ...failed],
      ...counts(assignment),
      labels: labels.problems,
      seconds: (performance.now() - startedAt) / 1000,
      stagesMs,
    };
    await writeLists(request, assignment, report);
    return report;
  } catch (error) {
    throw inPlainWords(error, sink.uri);
  }
}

function counts({
  withoutLabel,
  withoutFile,
  withoutClass,
}: Assignment): Pick<PrepareReport, "withoutLabel" | "withoutFile" | "withoutClass"> {
  const byReason = [...withoutClass].map(([reason, images]) => [reason, images.length] as const);
  return {
    withoutLabel: withoutLabel.length,
    withoutFile: withoutFile.length,
    withoutClass: Object.fromEntries(byReason),
  };
}

/** Pictures of all files, their manifest lines in the files' order. Gives those that failed. */
async function makePictures(
  request: PrepareRequest,
  wanted: readonly AssignedFile[],
  stagesMs: StageTotalsMs,
): Promise<LeftOut[]> {
  const { sink, shard, threads, signal, onProgress } = request;
  const failed: LeftOut[] = [];
  if (wanted.length === 0) return failed;
  const pool = new ByteThreads<PictureOrder, MadePicture>(PICTURE_WORKER, request.picture, threads);
  const manifest = shardFile("manifest", shard);
  let done = 0;
  try {
    const work = (file: AssignedFile): Promise<ManifestEntry | LeftOut> =>
      makeOne(request, pool, file, stagesMs);
    for await (const outcome of inOrder(untilAborted(wanted, signal), FILES_PER_THREAD * threads, work)) {
      if ("reason" in outcome) failed.push(outcome);
      else await sink.append(manifest, [JSON.stringify(outcome)]);
      onProgress?.("pictures", ++done, wanted.length);
    }
    await sink.flush();
    signal?.throwIfAborted();
  } finally {
    await pool.close();
  }
  return failed;
}

async function makeOne(
  { source, sink, labels, picture: spec }: PrepareRequest,
  pool: ByteThreads<PictureOrder, MadePicture>,
  { file, image, classIndex, split }: AssignedFile,
  stagesMs: StageTotalsMs,
): Promise<ManifestEntry | LeftOut> {
  const label = labels.classes[classIndex] ?? "";
  const path = `${split}/${fileName(label)}/${fileName(image)}.${spec.format}`;
  const outcome = await pool.run(source, file, (await sink.placeOf?.(path)) ?? null);
  if ("reason" in outcome) return { file: file.name, reason: outcome.reason };
  const picture = outcome.result;
  stagesMs.read += outcome.readMs;
  for (const stage of ["decode", "window", "encode"] as const) stagesMs[stage] += picture.ms[stage];
  stagesMs.write += await keep(sink, path, picture);
  return {
    ...{ image, split, label, file: path, sha256: picture.sha256, source: file.name },
    ...{ patient: file.patient, studyInstanceUid: file.study, positionMm: picture.positionMm },
    ...{ rows: picture.rows, columns: picture.columns, windows: windowsInWords(spec) },
    findings: labels.findingsOf(image),
  };
}

/**
 * Write the picture, unless its thread has.
 * @returns how long that took, in ms
 * @throws what kept it from being written
 */
async function keep(sink: DatasetSink, path: string, picture: MadePicture): Promise<number> {
  const { bytes, notWritten, writeMs } = picture;
  if (notWritten) throw Object.assign(new Error(notWritten.message), { code: notWritten.code });
  if (bytes === null) return writeMs;
  const startedAt = performance.now();
  await sink.write(path, bytes);
  release(bytes);
  return performance.now() - startedAt;
}

async function writeLists(
  { sink, shard }: PrepareRequest,
  assignment: Assignment,
  report: PrepareReport,
): Promise<void> {
  const skipped = report.skipped.map((line) => `${JSON.stringify(line)}\n`).join("");
  await sink.write(shardFile("skipped", shard), skipped);
  if (shard.index === 1) {
    await sink.write(LISTS.withoutLabel, assignment.withoutLabel.map((name) => `${name}\n`).join(""));
    await sink.write(LISTS.withoutFile, assignment.withoutFile.map((name) => `${name}\n`).join(""));
  }
  await sink.write(shardFile("finished", shard), `${JSON.stringify(report, null, 2)}\n`);
}
