/**
 * @file A Study waiting to be read: what the worklist, its policy and the page speak of.
 */
import type { Label, ModelReference } from "./finding.ts";
import type { PatientClass, StudyHeader } from "./study.ts";

/** How far the machine is with a study. */
export type AnalysisState = "arriving" | "settled" | "scoring" | "scored" | "not-applicable" | "failed";

/** How far the readers are with it. */
export type ReadingState = "waiting" | "claimed" | "read";

/** The finding as the list shows it; the slices stand in the study's detail. */
export interface FindingSummary {
  readonly model: ModelReference;
  readonly label: Label;
  readonly probability: number;
  readonly flagged: boolean;
  readonly threshold: number;
  readonly sliceCount: number;
  /** How many slices' own probability reaches the threshold, and the index (in position order) of the most suspicious. */
  readonly suspiciousSliceCount: number;
  readonly peakSliceIndex: number;
}

/** A reader's word on the finding, kept for audit. */
export interface Feedback {
  readonly reader: string;
  readonly agrees: boolean;
  readonly at: string;
}

/** A tier that a reader gave in the place of the order's. */
export interface PriorityOverride {
  readonly tier: Tier;
  readonly reader: string;
  readonly reason: string;
  readonly at: string;
}

/** One row. Instants are ISO 8601 in UTC. */
export interface WorklistItem extends StudyHeader {
  readonly patientClass: PatientClass;
  /** `studyAt` on the server's clock: by TimezoneOffsetFromUTC where the instance has it, else by the server's zone. */
  readonly studiedAt: string | null;
  /** The attributes that the policy looks at and the study has: tag as 8 hex digits → text. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly override: PriorityOverride | null;
  readonly arrivedAt: string;
  readonly lastInstanceAt: string;
  readonly instanceCount: number;
  readonly analysis: AnalysisState;
  /** Why the analysis is `failed` or `not-applicable`; otherwise "". */
  readonly analysisReason: string;
  /** Instances that could not be used. */
  readonly skippedCount: number;
  readonly finding: FindingSummary | null;
  readonly reading: ReadingState;
  /** Who holds the study (`claimed`) or read it (`read`). */
  readonly reader: string | null;
  readonly claimedAt: string | null;
  readonly readAt: string | null;
  readonly feedback: Feedback | null;
}

/** A named tier, most pressing first. */
export const TIERS = ["critical", "stat", "urgent", "routine", "low"] as const;
export type Tier = (typeof TIERS)[number];

/** Where a study stands, and why in words. Never a bare number. */
export interface Priority {
  readonly tier: Tier;
  readonly reason: string;
}

/** An item with its place: 1 is read next. */
export interface RankedItem {
  readonly item: WorklistItem;
  readonly rank: number;
  readonly priority: Priority;
}
