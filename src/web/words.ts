/**
 * @file A row in words: what the machine says of a study, and who is at it.
 */
import type { ReaderAction } from "../domain/api.ts";
import type { FindingSummary, Tier, WorklistItem } from "../domain/worklist.ts";
import { isSuspected } from "../triage/conditions.ts";
import { formatPercent } from "./format.ts";

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** How a finding is set in type. */
export type FindingTone = "suspected" | "clear" | "pending" | "unavailable";

export interface FindingWords {
  readonly tone: FindingTone;
  readonly text: string;
  /** "93 %", or "" where there is no probability. */
  readonly percent: string;
  /** The second line, "" when there is nothing more to say. */
  readonly note: string;
}

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

const join = (...parts: string[]): string => parts.filter((part) => part !== "").join(" · ");

/** What the machine says of a study. */
export function findingWords(item: WorklistItem, progress: Progress | undefined): FindingWords {
  const skipped = item.skippedCount > 0 ? `${count(item.skippedCount, "image")} skipped` : "";
  const { finding } = item;
  switch (item.analysis) {
    case "arriving":
      return {
        tone: "pending",
        text: `Receiving, ${count(item.instanceCount, "image")}`,
        percent: "",
        note: skipped,
      };
    case "settled":
      return { tone: "pending", text: "Waiting to be scored", percent: "", note: skipped };
    case "scoring": {
      const text = progress ? `Scoring ${progress.done}/${progress.total}` : "Scoring";
      return { tone: "pending", text, percent: "", note: skipped };
    }
    case "not-applicable":
      return { tone: "unavailable", text: "Not applicable", percent: "", note: item.analysisReason };
    case "failed":
      return { tone: "unavailable", text: "Analysis failed", percent: "", note: item.analysisReason };
    case "scored":
      return finding
        ? scoredWords(item, finding, skipped)
        : { tone: "unavailable", text: "No finding", percent: "", note: skipped };
  }
}

/** A reader's word goes before the model's; what the model said stays visible. */
function scoredWords(item: WorklistItem, finding: FindingSummary, skipped: string): FindingWords {
  const { feedback } = item;
  const { flagged, suspiciousSliceCount, sliceCount } = finding;
  const percent = formatPercent(finding.probability);
  const slices = count(sliceCount, "slice");
  if (feedback?.agrees === false && !flagged) {
    const note = join(`by ${feedback.reader}`, `model: no bleed found, ${percent}`, skipped);
    return { tone: "suspected", text: "Hemorrhage seen", percent: "", note };
  }
  const word = feedback ? `${feedback.reader} ${feedback.agrees ? "agrees" : "disagrees"}` : "";
  const where = flagged ? `${suspiciousSliceCount} of ${slices}` : slices;
  return {
    tone: isSuspected(item) ? "suspected" : "clear",
    text: flagged ? "Suspected hemorrhage" : "No bleed found",
    percent,
    note: join(word, where, skipped),
  };
}

export const TIER_WORDS: Readonly<Record<Tier, string>> = {
  critical: "Critical",
  stat: "STAT",
  urgent: "Urgent",
  routine: "Routine",
  low: "Low",
};

/** A reason, with numbers that stay with their units when the line breaks. */
export const keepUnits = (text: string): string => text.replace(/(\d) (?=min\b|h\b|d\b|%)/g, "$1\u00a0");

/** Who is at a study. */
export function readingWords(item: WorklistItem, me: string): string {
  const who = item.reader === me && me !== "" ? "You" : (item.reader ?? "Someone");
  switch (item.reading) {
    case "waiting":
      return "Waiting";
    case "claimed":
      return who === "You" ? "You have it" : `${who} has it`;
    case "read":
      return `Read by ${who === "You" ? "you" : who}`;
  }
}

/** What a reader can do with a study now, the likeliest first. */
export function actionsFor(item: WorklistItem, me: string): ReaderAction[] {
  const mine = item.reader === me && me !== "";
  switch (item.reading) {
    case "waiting":
      return ["claim", "read"];
    case "claimed":
      return mine ? ["read", "release"] : [];
    case "read":
      return ["reopen"];
  }
}

export const ACTION_WORDS: Readonly<Record<ReaderAction, string>> = {
  claim: "Claim",
  release: "Release",
  read: "Mark read",
  reopen: "Reopen",
  rescore: "Score again",
};
