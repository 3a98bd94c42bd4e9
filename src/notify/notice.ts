/**
 * @file One message to the outside: what it says, in words that every channel shares.
 */
import type { Included, NoticeEvent, NoticeFacts } from "../domain/notices.ts";
import type { ModelReference } from "../domain/finding.ts";

/** Stands in every message. */
export const RESEARCH_USE = "Research use only. Not for diagnosis.";

export interface Notice extends NoticeFacts {
  /** A UUID, the same at each attempt: a receiver knows by it what it has had already. */
  readonly id: string;
  readonly event: NoticeEvent;
  /** When it happened: ISO 8601 in UTC. */
  readonly at: string;
  /** The study's short name (never its UID); "test" for a test. */
  readonly reference: string;
  /** Opens the study for whoever may. */
  readonly link: string;
  /** What the channel's configuration names, and nothing else. */
  readonly included: Included;
}

/** In whole percent, as the page says it. */
export const percentOf = (probability: number): number => Math.round(probability * 100);

export const modelWords = ({ name, version }: ModelReference): string => `${name} ${version}`;

/** One line: what happened to which study. */
export function headline({ event, reference, finding, tier }: Notice): string {
  const study = `study ${reference}`;
  switch (event) {
    case "flagged":
      return `Suspected hemorrhage${finding ? ` (${percentOf(finding.probability)} %)` : ""}, ${study}`;
    case "cleared":
      return `No longer a suspected hemorrhage, ${study}`;
    case "failed":
      return `The analysis failed, ${study}`;
    case "top-tier":
      return `Now ${tier ?? "most pressing"}, ${study}`;
    case "test":
      return "Test of a notification channel: no study is meant";
  }
}

/** A few lines for a person. */
export function bodyLines(notice: Notice): string[] {
  const { finding, reason, link, at, included } = notice;
  const lines = [headline(notice), ""];
  if (reason !== "") lines.push(reason);
  if (finding) {
    const { probability, threshold, suspiciousSliceCount, sliceCount, model } = finding;
    lines.push(
      `Probability ${percentOf(probability)} % (threshold ${percentOf(threshold)} %), ` +
        `${suspiciousSliceCount} of ${sliceCount} slices suspicious, by ${modelWords(model)}`,
    );
  }
  for (const [name, value] of Object.entries(included)) lines.push(`${name}: ${value}`);
  lines.push(`Open: ${link}`, `At: ${at}`, "", RESEARCH_USE);
  return lines;
}
