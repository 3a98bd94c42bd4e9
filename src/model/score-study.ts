/**
 * @file The model's word on a study: choose its head series, score its slices, make one finding of them.
 *
 * Slices are decoded and prepared in other threads while the network runs in this one. Memory holds the headers,
 * a few instances in flight and the results, however large the study is.
 */
import type { SliceFinding, StudyFinding } from "../domain/finding.ts";
import type { SeriesChoice, Skipped } from "../domain/study.ts";
import { withThickness } from "../dicom/geometry.ts";
import { parseHeader } from "../dicom/instance.ts";
import type { InstanceHeader } from "../dicom/instance.ts";
import { chooseHeadSeries } from "../dicom/series.ts";
import type { Saliency } from "../domain/finding.ts";
import type { Classifier, SliceResult } from "./classifier.ts";
import { slabSteps } from "./slab-stream.ts";
import type { DecodedSlice, SlabStep } from "./slab-stream.ts";
import { findStudy, parseStudyRule } from "./study-rule.ts";
import type { StudyVerdict } from "./study-rule.ts";

/** An instance of the study. */
export interface InstanceSource {
  /** How it is called where something is said of it: a file name, or its SOP Instance UID. */
  readonly file: string;
  /** What `parseHeader` gave, where that is known. */
  readonly header?: InstanceHeader;
  /** Its bytes: read once for the header where that is not known, and once for the pixels. */
  read(): Promise<Uint8Array>;
}

/** A scored slice, with its map. */
export interface ScoredSlice extends SliceFinding {
  readonly frame: number;
  readonly rows: number;
  readonly columns: number;
  readonly spacingMm: readonly [rowMm: number, columnMm: number];
  readonly thicknessMm: number | null;
  /** One a class, in the order of the model's labels. */
  readonly probabilities: readonly number[];
  readonly saliency: Saliency;
}

export interface ScoredStudy {
  /** null when the study is none for the model, or could not be scored. */
  readonly finding: StudyFinding | null;
  /** Why the study is none for the model; otherwise null. */
  readonly notApplicable: string | null;
  /** Why a study for the model could not be scored; otherwise null. */
  readonly failed: string | null;
  readonly series: readonly SeriesChoice[];
  /** In position order. */
  readonly slices: readonly ScoredSlice[];
  /** What the study rule says: which slices are suspicious once neighbours were heard; null without a finding. */
  readonly verdict: StudyVerdict | null;
  readonly skipped: readonly Skipped[];
}

export interface ScoreOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Pictures of one run of the network. */
const BATCH_SIZE = 4;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Headers of the sources; those that have none are named. */
async function readHeaders(
  sources: readonly InstanceSource[],
  signal: AbortSignal | undefined,
): Promise<{ headers: Map<InstanceHeader, InstanceSource>; skipped: Skipped[] }> {
  const headers = new Map<InstanceHeader, InstanceSource>();
  const skipped: Skipped[] = [];
  for (const source of sources) {
    signal?.throwIfAborted();
    try {
      headers.set(source.header ?? parseHeader(await source.read()), source);
    } catch (error) {
      skipped.push({ file: source.file, reason: reasonOf(error) });
    }
  }
  return { headers, skipped };
}

/** Scored slices of the chosen instances, and what of them could not be used. */
async function scoreInstances(
  sources: readonly InstanceSource[],
  classifier: Classifier,
  frames: number,
  { onProgress, signal }: ScoreOptions,
): Promise<{ slices: ScoredSlice[]; skipped: Skipped[]; modelMs: number; sawBrain: boolean }> {
  const slices: ScoredSlice[] = [];
  const skipped: Skipped[] = [];
  let [modelMs, sawBrain, done] = [0, false, 0];
  let batch: Extract<SlabStep, { kind: "picture" }>[] = [];

  const fileOf = (instance: number): string => sources[instance]?.file ?? "";
  const keep = (decoded: DecodedSlice, { probability, probabilities, saliency }: SliceResult): void => {
    const { instance, ...rest } = decoded;
    slices.push({ file: fileOf(instance), ...rest, probability, probabilities, saliency });
  };
  const runBatch = async (): Promise<void> => {
    const startedMs = performance.now();
    const results = await classifier.classifyPrepared(batch.map(({ image }) => image));
    modelMs += performance.now() - startedMs;
    for (const [i, { image, slices: own }] of batch.entries()) {
      const result = results[i];
      if (result) for (const slice of own) keep(slice, result);
      sawBrain ||= image.brainMm2 > 0;
      done += own.length;
    }
    batch = [];
    onProgress?.(Math.min(done, frames), frames);
    signal?.throwIfAborted();
  };

  const read = async (instance: number): Promise<Uint8Array> => {
    const source = sources[instance];
    if (!source) throw new RangeError(`there is no instance ${instance}`);
    return source.read();
  };
  for await (const step of slabSteps(sources.length, read, classifier.openSlabs())) {
    if (step.kind === "unusable") {
      skipped.push({ file: fileOf(step.instance), reason: step.reason });
      continue;
    }
    batch.push(step);
    if (batch.length === BATCH_SIZE) await runBatch();
  }
  if (batch.length > 0) await runBatch();
  slices.sort((a, b) => a.positionMm - b.positionMm);
  return { slices: withThicknessOf(slices), skipped, modelMs, sawBrain };
}

/** Slices without a thickness get the distance to their neighbour. */
function withThicknessOf(slices: readonly ScoredSlice[]): ScoredSlice[] {
  const known = withThickness(slices.map((slice) => ({ ...slice, hu: new Int16Array() })));
  return slices.map((slice, i) => ({ ...slice, thicknessMm: known[i]?.thicknessMm ?? null }));
}

/** Without what only the viewer needs. */
const toFinding = ({ file, sopInstanceUid, positionMm, probability }: ScoredSlice): SliceFinding => ({
  file,
  sopInstanceUid,
  positionMm,
  probability,
});

/**
 * Score a study.
 * @param sources all its instances, in any order
 * @throws the signal's reason when it is aborted; never for what an instance holds
 */
export async function scoreStudy(
  sources: readonly InstanceSource[],
  classifier: Classifier,
  options: ScoreOptions = {},
): Promise<ScoredStudy> {
  const startedMs = performance.now();
  const { spec } = classifier;
  const { headers, skipped: unreadable } = await readHeaders(sources, options.signal);
  const { series, instances, skipped: left, notApplicable } = chooseHeadSeries([...headers.keys()]);
  const byUid = new Map([...headers].map(([header, source]) => [header.sopInstanceUid, source.file]));
  const notUsed = left.map(({ file, reason }) => ({ file: byUid.get(file) ?? file, reason }));
  const chosen = instances.flatMap((header) => headers.get(header) ?? []);
  const [first] = instances;
  const readMs = performance.now() - startedMs;
  const nothing = { finding: null, notApplicable: null, failed: null, series, slices: [], verdict: null };
  if (headers.size === 0 && unreadable.length > 0) {
    return { ...nothing, failed: `None of its ${unreadable.length} files can be read.`, skipped: unreadable };
  }
  if (!first || notApplicable !== null) return { ...nothing, notApplicable, skipped: unreadable };

  const frames = instances.reduce((sum, { numberOfFrames }) => sum + Math.max(1, numberOfFrames), 0);
  const scored = await scoreInstances(chosen, classifier, frames, options);
  const { slices, modelMs, sawBrain } = scored;
  const skipped = [...unreadable, ...notUsed, ...scored.skipped];
  if (slices.length === 0) {
    const why = scored.skipped[0]?.reason ?? "it has no images";
    return { ...nothing, failed: `None of its slices can be decoded: ${why}`, skipped };
  }
  if (!sawBrain) {
    return { ...nothing, notApplicable: "No slice shows the inside of a skull.", skipped };
  }
  const threshold = spec.threshold.value;
  const verdict = findStudy(slices, parseStudyRule(spec.studyRule), threshold);
  const finding: StudyFinding = {
    studyInstanceUid: first.studyInstanceUid,
    seriesInstanceUid: first.seriesInstanceUid,
    model: { name: spec.name, version: spec.version },
    label: verdict.flagged ? "hemorrhage" : "normal",
    probability: verdict.probability,
    flagged: verdict.flagged,
    threshold,
    slices: slices.map(toFinding),
    skipped,
    timingMs: {
      read: Math.round(readMs),
      model: Math.round(modelMs),
      total: Math.round(performance.now() - startedMs),
    },
  };
  return { ...nothing, finding, slices, verdict, skipped };
}
