/**
 * @file What the model says of a slice and of a study.
 */
import type { Skipped } from "./study.ts";

export type Label = "normal" | "hemorrhage";

/** The model's word on one slice. */
export interface SliceFinding {
  readonly file: string;
  readonly sopInstanceUid: string;
  readonly positionMm: number;
  /** Probability of hemorrhage, 0…1. */
  readonly probability: number;
}

export interface ModelReference {
  readonly name: string;
  readonly version: string;
}

/** The model's word on a study: `firstread triage --json` prints one a line. */
export interface StudyFinding {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly model: ModelReference;
  readonly label: Label;
  readonly probability: number;
  readonly flagged: boolean;
  readonly threshold: number;
  /** In order of position. */
  readonly slices: readonly SliceFinding[];
  readonly skipped: readonly Skipped[];
  readonly timingMs: { readonly read: number; readonly model: number; readonly total: number };
}

/** A rectangle of a slice, in its pixels; fractions are allowed. `top` 0 is the upper edge of row 0. */
export interface Region {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/** Where the network looked: 0…1 values plus the raw peak, so that an empty map stays visibly empty. */
export interface Saliency {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`, 0…1 of the peak; all 0 when the peak is not positive. */
  readonly values: Float32Array;
  /** The largest raw value of the map, in the unit of the logit's gradient times activation. */
  readonly peak: number;
  /** The part of the slice that the map covers (the network sees a crop): cell edges, not centres. */
  readonly region: Region;
}
