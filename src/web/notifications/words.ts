/**
 * @file Channels and deliveries in words.
 */
import type {
  ChannelKind,
  ChannelStatus,
  DeliveryEntry,
  Includable,
  NoticeEvent,
} from "../../domain/notices.ts";
import { formatInstant, formatWait } from "../format.ts";

export const KIND_WORDS: Readonly<Record<ChannelKind, string>> = {
  webhook: "Webhook",
  hl7: "HL7",
  fhir: "FHIR",
  email: "E-mail",
};

export const EVENT_WORDS: Readonly<Record<NoticeEvent, string>> = {
  flagged: "Suspected hemorrhage",
  cleared: "No longer suspected",
  failed: "Analysis failed",
  "top-tier": "Became critical",
  test: "Test",
};

/** What a channel is told of, as one phrase. */
export function eventsWords(events: readonly NoticeEvent[]): string {
  const words = events.map((event) => EVENT_WORDS[event].toLowerCase()).join(", ");
  return words === "" ? "Told of nothing" : `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

const INCLUDED_WORDS: Readonly<Record<Includable, string>> = {
  accessionNumber: "accession number",
  studyInstanceUid: "study UID",
  studyDescription: "description",
  studyAt: "study date",
  patientId: "patient ID",
  patientName: "patient name",
  patientSex: "sex",
  patientAge: "age",
};

/** What leaves the house with a channel's messages. */
export const includeWords = ({ include }: ChannelStatus): string =>
  include.length === 0 ? "No patient data" : `With ${include.map((name) => INCLUDED_WORDS[name]).join(", ")}`;

export interface StateWords {
  readonly tone: "well" | "waiting" | "failing";
  readonly text: string;
  readonly note: string;
}

export function channelWords(channel: ChannelStatus, nowMs: number): StateWords {
  const { failingSince, lastError, lastSentAt, queued } = channel;
  if (failingSince !== null) {
    return { tone: "failing", text: `Failing since ${formatInstant(failingSince, nowMs)}`, note: lastError };
  }
  if (lastSentAt === null)
    return { tone: "waiting", text: queued > 0 ? "Sending" : "Nothing sent yet", note: "" };
  return { tone: "well", text: "Well", note: `Last delivered ${formatInstant(lastSentAt, nowMs)}` };
}

export function deliveryWords(delivery: DeliveryEntry, nowMs: number): StateWords {
  const { state, attempts, dueAt, lastError, event } = delivery;
  const tries = attempts > 1 ? `${attempts} attempts` : "";
  switch (state) {
    case "sent":
      return { tone: "well", text: "Delivered", note: tries && `after ${tries}` };
    case "dead":
      return {
        tone: "failing",
        text: event === "test" ? "Not delivered" : `Given up${tries && ` after ${tries}`}`,
        note: lastError,
      };
    case "queued": {
      if (lastError === "") return { tone: "waiting", text: "Sending", note: "" };
      const inMs = Date.parse(dueAt ?? "") - nowMs;
      const when = inMs > 1000 ? `again in ${formatWait(inMs)}` : "again now";
      return {
        tone: "waiting",
        text: `Tried ${attempts === 1 ? "once" : `${attempts} times`}, ${when}`,
        note: lastError,
      };
    }
  }
}
