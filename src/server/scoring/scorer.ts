/**
 * @file What the server wants of a model, without saying where it runs.
 */
import type { ModelReference, Saliency, SliceFinding, StudyFinding } from "../../domain/finding.ts";
import type { SeriesChoice, Skipped } from "../../domain/study.ts";

/** An instance to be scored. */
export interface ScoringSource {
  readonly sopInstanceUid: string;
  /** Where the object store keeps its bytes. */
  readonly objectKey: string;
  /** What `parseHeader` gave when the instance was received. */
  readonly header: object;
}

/** One scored slice, with its map. */
export interface ScoredSliceResult extends SliceFinding {
  readonly frame: number;
  readonly rows: number;
  readonly columns: number;
  readonly spacingMm: readonly [number, number];
  readonly thicknessMm: number | null;
  readonly saliency: Saliency;
}

/** What the model made of a study: a finding, or why it is none for it, or why it failed. */
export interface ScoringResult {
  readonly finding: StudyFinding | null;
  readonly notApplicable: string | null;
  readonly failed: string | null;
  /** The slice that speaks most for a bleed, by the rule that made the finding. */
  readonly peakSliceIndex: number;
  readonly series: readonly SeriesChoice[];
  /** In position order. */
  readonly slices: readonly ScoredSliceResult[];
  readonly skipped: readonly Skipped[];
}

export interface ScoringOptions {
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** A slice, by where it comes from. */
export interface SliceOfStudy {
  readonly sopInstanceUid: string;
  readonly frame: number;
}

/** A map of a scored slice by another method than the model's own. */
export interface MapRequest {
  readonly method: string;
  /** Where the object store keeps the instances that were scored, in position order. */
  readonly objectKeys: readonly string[];
  readonly slice: SliceOfStudy;
  /** The slice that speaks most for a bleed. */
  readonly peakSlice: SliceOfStudy;
}

export interface MadeMap {
  readonly saliency: Saliency;
  /** The raw peak of the same method's map on the most suspicious slice. */
  readonly peakSlicePeak: number;
}

/** What classifying one image gives: the body of `POST /invocations`. */
export interface Classification {
  readonly file: string;
  readonly labels: readonly string[];
  readonly probabilities: readonly number[];
  readonly predicted_label: string;
}

export interface Scorer {
  readonly model: ModelReference;
  /** The saliency peak that training shows on a clear bleed; null when the model states none. */
  readonly saliencyReferencePeak: number | null;
  /** The method of the map that the model's graph gives with its logits. */
  readonly saliencyMethod: string;
  /** Every method that maps can be made by, its own first. */
  readonly saliencyMethods: readonly string[];
  /** @throws HttpError (4xx) when there is no such method, or the slice can no longer be read. */
  map(request: MapRequest): Promise<MadeMap>;
  score(sources: readonly ScoringSource[], options: ScoringOptions): Promise<ScoringResult>;
  /** @throws HttpError (4xx) when the bytes are no image that the model can see. */
  classify(bytes: Uint8Array, mediaType: string): Promise<Classification>;
  close(): Promise<void>;
}
