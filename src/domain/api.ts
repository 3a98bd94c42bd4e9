/**
 * @file What the server and its page say to each other under `/api` (JSON; instants are ISO 8601 in UTC).
 */
import type { Saliency } from "./finding.ts";
import type { SeriesChoice, Skipped } from "./study.ts";
import type { WorklistItem } from "./worklist.ts";

/** `GET /api/worklist`: every study not yet read, and those read in the last day. */
export interface WorklistResponse {
  /** The server's clock, so that a page whose clock is wrong still counts the same waiting times. */
  readonly now: string;
  readonly items: readonly WorklistItem[];
}

/**
 * `GET /api/events` (SSE). `hello` once on connection; `item` with the whole row whenever anything about a
 * study changed; `progress` while one is being scored. A page that reconnects reads the worklist again.
 */
export interface ServerEvents {
  readonly hello: { readonly now: string };
  readonly item: WorklistItem;
  readonly progress: { readonly studyInstanceUid: string; readonly done: number; readonly total: number };
}

/** One slice of the scored series, in position order. */
export interface SliceDetail {
  readonly index: number;
  readonly sopInstanceUid: string;
  readonly frame: number;
  readonly positionMm: number;
  readonly thicknessMm: number | null;
  readonly rows: number;
  readonly columns: number;
  readonly spacingMm: readonly [number, number];
  /** null until scored. */
  readonly probability: number | null;
  /** Raw peak of the slice's saliency map; null until scored. */
  readonly saliencyPeak: number | null;
}

/** What was done with a study, by whom. */
export interface AuditEntry {
  readonly at: string;
  /** A reader's name, an AE title, or "FirstRead". */
  readonly who: string;
  readonly what: string;
  readonly detail: string;
}

/** `GET /api/studies/:studyInstanceUid`. */
export interface StudyDetail {
  readonly item: WorklistItem;
  readonly series: readonly SeriesChoice[];
  readonly slices: readonly SliceDetail[];
  readonly skipped: readonly Skipped[];
  readonly history: readonly AuditEntry[];
  /** The saliency peak that the model's own training shows on a clear bleed: full colour in the overlay. */
  readonly saliencyReferencePeak: number | null;
}

/**
 * `GET /api/studies/:studyInstanceUid/slices/:index/saliency`. The pixels are at `…/slices/:index/pixels`:
 * Int16 little endian HU, `[rows, columns]`.
 */
export type SaliencyResponse = Omit<Saliency, "values"> & { readonly values: readonly number[] };

/** What a reader can do: `POST /api/studies/:studyInstanceUid/{claim,release,read,reopen,rescore}`. */
export type ReaderAction = "claim" | "release" | "read" | "reopen" | "rescore";

export interface ReaderActionRequest {
  readonly reader: string;
}

/** `POST /api/studies/:studyInstanceUid/feedback`. */
export interface FeedbackRequest {
  readonly reader: string;
  readonly agrees: boolean;
}

/** Every error: HTTP 4xx or 5xx with this body. */
export interface ErrorResponse {
  readonly error: { readonly code: string; readonly message: string };
}
