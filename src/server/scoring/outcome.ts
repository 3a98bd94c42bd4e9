/**
 * @file From what the model made of a study to what is stored and shown.
 */
import type { StudyFinding } from "../../domain/finding.ts";
import type { FindingSummary } from "../../domain/worklist.ts";
import type { ScoringJob, ScoringOutcome } from "../../store/queue.ts";
import type { ScoringResult } from "./scorer.ts";

/** The finding as the list shows it. */
function summarize(finding: StudyFinding, result: ScoringResult): FindingSummary {
  const { model, label, probability, flagged, threshold } = finding;
  const { slices, peakSliceIndex } = result;
  const sliceCount = slices.length;
  const suspiciousSliceCount = slices.filter((slice) => slice.probability >= threshold).length;
  return { model, label, probability, flagged, threshold, sliceCount, suspiciousSliceCount, peakSliceIndex };
}

/** One line for the study's history. */
function inWords({ finding, notApplicable, skipped }: ScoringResult): string {
  if (!finding) return notApplicable ?? "";
  const { label, probability, threshold, model, slices } = finding;
  const left = skipped.length > 0 ? `, ${skipped.length} instances not used` : "";
  return (
    `${label}, probability ${probability.toFixed(3)} (threshold ${threshold.toFixed(3)}), ${slices.length} slices${left}, ` +
    `by ${model.name} ${model.version}`
  );
}

/** What to store of a result that did not fail. */
export function toOutcome(result: ScoringResult, job: ScoringJob, scoredAt: Date): ScoringOutcome {
  const { finding, notApplicable, series, slices, skipped } = result;
  return {
    analysisReason: notApplicable ?? "",
    finding: finding && summarize(finding, result),
    series,
    slices,
    skipped,
    timing: finding && {
      readMs: finding.timingMs.read,
      modelMs: finding.timingMs.model,
      totalMs: finding.timingMs.total,
      settledAt: job.settledAt.toISOString(),
      scoredAt: scoredAt.toISOString(),
    },
    summary: inWords(result),
  };
}
