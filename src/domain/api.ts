/**
 * @file What the server and its page say to each other under `/api` (JSON; instants are ISO 8601 in UTC).
 */
import type { ModelReference, Saliency } from "./finding.ts";
import type { PolicyInUse } from "./policy.ts";
import type { SeriesChoice, Skipped } from "./study.ts";
import type { RankedItem, Tier, WorklistItem } from "./worklist.ts";

/** `GET /api/worklist`: every study not yet read, and those read in the last day. */
export interface WorklistResponse {
  /** The server's clock, so that a page whose clock is wrong still counts the same waiting times. */
  readonly now: string;
  readonly items: readonly WorklistItem[];
  /** The model that scores now; null while it is loaded, or where the process has none. */
  readonly model: ModelReference | null;
  /** The policy that ranks now: also at `GET /api/policy`. */
  readonly policy: PolicyInUse;
}

/**
 * `GET /api/worklist` with any of `text` (all of its words), `tier`, `state` (lists with commas: of reading or of
 * analysis), `suspected`, `reader`, `offset`, `limit`: a part of the list, in order, each row with its place in
 * the whole.
 */
export interface WorklistPage {
  readonly now: string;
  /** How many rows are asked for in all. */
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly RankedItem[];
  /** Of the whole list. */
  readonly counts: WorklistCounts;
  readonly model: ModelReference | null;
  readonly policy: PolicyInUse;
}

export interface WorklistCounts {
  readonly all: number;
  readonly unread: number;
  readonly waiting: number;
  /** Unread, and suspected. */
  readonly suspected: number;
}

/** Where a study stood from then on, and why. */
export interface RankDecision {
  readonly at: string;
  readonly policyVersion: string;
  /** null: it left the unread. */
  readonly tier: Tier | null;
  readonly reason: string;
  /** Its place at that moment; null with the tier. */
  readonly rank: number | null;
  /** How many studies were unread then. */
  readonly unread: number;
}

/** `GET /api/studies/:studyInstanceUid/rank-history`: each change of tier, the oldest first. */
export interface RankHistory {
  readonly decisions: readonly RankDecision[];
}

/**
 * `GET /api/events` (SSE). `hello` once on connection; `item` with the whole row whenever anything about a
 * study changed; `progress` while one is being scored; `model` when another model scores; `policy` when another
 * policy ranks, or its file became unusable. A page that reconnects reads the worklist again.
 */
export interface ServerEvents {
  readonly hello: { readonly now: string };
  readonly item: WorklistItem;
  readonly progress: { readonly studyInstanceUid: string; readonly done: number; readonly total: number };
  readonly model: ModelReference;
  readonly policy: PolicyInUse;
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
  /**
   * The saliency peak that the model's own training shows on a clear bleed: full colour in the overlay. null when
   * the model states none, or another one made the finding.
   */
  readonly saliencyReferencePeak: number | null;
  /** The method of the model's own map, by its name in `firstread explain`; null when another model made it. */
  readonly saliencyMethod: string | null;
  /** Every method that the model's maps can be made by, its own first; only its own, or none, where no others can. */
  readonly saliencyMethods: readonly string[];
}

/**
 * `GET /api/studies/:studyInstanceUid/slices/:index/saliency`. The pixels are at `…/slices/:index/pixels`:
 * Int16 little endian HU, `[rows, columns]`.
 */
export type SaliencyResponse = Omit<Saliency, "values"> & { readonly values: readonly number[] };

/**
 * `GET …/slices/:index/saliency?method=NAME`: the map by another method, made when it is asked for. 409 when the model
 * that scores now is not the one that made the finding.
 */
export type MethodSaliencyResponse = SaliencyResponse & {
  /** The raw peak that gets full colour: by it the most suspicious slice is as strong as in the model's own map. */
  readonly referencePeak: number | null;
};

/** What a reader can do: `POST /api/studies/:studyInstanceUid/{claim,release,read,reopen,rescore}`. */
export type ReaderAction = "claim" | "release" | "read" | "reopen" | "rescore";

export interface ReaderActionRequest {
  readonly reader: string;
  /** Kept in the study's history. */
  readonly reason?: string;
}

/**
 * `POST /api/studies/:studyInstanceUid/priority`: a tier in the place of the order's; null takes it back. A finding
 * still lifts the study.
 */
export interface PriorityRequest {
  readonly reader: string;
  readonly tier: Tier | null;
  readonly reason: string;
}

/** `POST /api/studies/:studyInstanceUid/renew`: the reader is still at the study that they claimed. */
export interface RenewRequest {
  readonly reader: string;
}

/** `POST /api/studies/:studyInstanceUid/feedback`. */
export interface FeedbackRequest {
  readonly reader: string;
  readonly agrees: boolean;
}

/** The model that scores. */
export interface ModelInUse extends ModelReference {
  /** `sha256:…` of the package as a folder. */
  readonly digest: string;
  /** Where the package came from. */
  readonly source: string;
  /** When it was chosen and by whom; null when it is the configured one, which nobody chose. */
  readonly since: string | null;
  readonly who: string | null;
}

/** A package that was in use once, kept to go back to. */
export interface InstalledModel extends ModelReference {
  readonly digest: string;
  readonly lastChosenAt: string | null;
}

/** `GET /api/model`. */
export interface ModelResponse {
  readonly inUse: ModelInUse;
  readonly installed: readonly InstalledModel[];
}

/** `POST /api/model`: score with another package from now on. */
export interface ModelUseRequest {
  /** An absolute path (folder or `.tar.gz`), `s3://…`, the digest of a kept package (8 digits are enough), or `default`. */
  readonly package: string;
  readonly who: string;
  /** Score what was scored and has not been read again. */
  readonly rescore: boolean;
}

export interface ModelUseResponse {
  readonly inUse: ModelInUse;
  /** How many studies are scored again. */
  readonly rescored: number;
}

/** Every error: HTTP 4xx or 5xx with this body. */
export interface ErrorResponse {
  readonly error: { readonly code: string; readonly message: string };
}
