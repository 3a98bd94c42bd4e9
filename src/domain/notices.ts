/**
 * @file What FirstRead tells the outside of a study, where it goes, and what became of it. Never a patient's data:
 * which of them a message carries is the channel's configuration, and they are read when it is sent.
 */
import type { StudyHeader } from "./study.ts";
import type { FindingSummary, Tier } from "./worklist.ts";

/**
 * `flagged`: a finding became a suspected hemorrhage. `cleared`: it no longer is one. `failed`: the analysis failed.
 * `top-tier`: the study waits in the most pressing tier, for whatever reason.
 */
export const STUDY_EVENTS = ["flagged", "cleared", "failed", "top-tier"] as const;
export type StudyEvent = (typeof STUDY_EVENTS)[number];

/** `test` is a reader's or an engineer's; it concerns no study. */
export type NoticeEvent = StudyEvent | "test";

export const CHANNEL_KINDS = ["webhook", "hl7", "fhir", "email"] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** What is known at the moment of the event. */
export interface NoticeFacts {
  readonly finding: FindingSummary | null;
  /** Where the study stands by then, and why; null where the event is not about its place. */
  readonly tier: Tier | null;
  readonly reason: string;
}

/** What a channel's configuration may add to a message; without it, a message names the study by its reference alone. */
export const INCLUDABLE = [
  "accessionNumber",
  "studyInstanceUid",
  "studyDescription",
  "studyAt",
  "patientId",
  "patientName",
  "patientSex",
  "patientAge",
] as const;
export type Includable = (typeof INCLUDABLE)[number];

/** Of the study's header, what a channel may say. */
export type Included = Readonly<Partial<Record<Includable, string>>>;

/** The named parts of a header, those that are empty left out. */
export function includedOf(header: StudyHeader, include: readonly Includable[]): Included {
  const { patient } = header;
  const all: Readonly<Record<Includable, string | null>> = {
    accessionNumber: header.accessionNumber,
    studyInstanceUid: header.studyInstanceUid,
    studyDescription: header.description,
    studyAt: header.studyAt,
    patientId: patient.id,
    patientName: patient.name,
    patientSex: patient.sex,
    patientAge: patient.age,
  };
  return Object.fromEntries(include.flatMap((name) => (all[name] ? [[name, all[name]]] : [])));
}

/** `queued`: to be sent, perhaps again. `dead`: not sent any more, until someone asks. */
export const DELIVERY_STATES = ["queued", "sent", "dead"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One line of the delivery log. Instants are ISO 8601 in UTC. */
export interface DeliveryEntry {
  readonly id: number;
  readonly channel: string;
  readonly event: NoticeEvent;
  /** The study's short reference; "" for a test. */
  readonly reference: string;
  /** null for a test. */
  readonly studyInstanceUid: string | null;
  readonly state: DeliveryState;
  readonly createdAt: string;
  readonly attempts: number;
  readonly lastAttemptAt: string | null;
  /** When it is tried next; null unless it is queued. */
  readonly dueAt: string | null;
  /** Why the last attempt failed, without the peer's own words; "" when it did not. */
  readonly lastError: string;
}

/** A channel as it stands. */
export interface ChannelStatus {
  readonly name: string;
  readonly kind: ChannelKind;
  /** Where it goes, without a secret. */
  readonly target: string;
  readonly events: readonly StudyEvent[];
  readonly include: readonly Includable[];
  readonly queued: number;
  readonly dead: number;
  readonly lastSentAt: string | null;
  /** Since when nothing was delivered although it was tried; null when the last attempt went well. */
  readonly failingSince: string | null;
  readonly lastError: string;
}

/** `GET /api/notifications`. */
export interface NotificationsResponse {
  readonly now: string;
  readonly channels: readonly ChannelStatus[];
  /** Latest first. */
  readonly deliveries: readonly DeliveryEntry[];
  /** Where orders are taken (HL7); null where they are not. */
  readonly orders: { readonly host: string; readonly port: number } | null;
  /** For how long the log is kept. */
  readonly keepDays: number;
}

/** `POST /api/notifications/:channel/test`: what came of it. */
export interface ChannelTestResponse {
  readonly ok: boolean;
  /** What the peer answered, or why it could not be reached. */
  readonly detail: string;
  readonly tookMs: number;
}

/** `POST /api/notifications/deliveries/:id/retry` and `POST /api/notifications/:channel/retry`. */
export interface RetryResponse {
  readonly retried: number;
  /** Dead letters that a later message about the same study has overtaken: they stay. */
  readonly overtaken: number;
}
