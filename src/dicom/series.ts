/**
 * @file Which series of a study is scored: the axial head CT, smooth, original, complete.
 *
 * Preferences in order; the first that tells two series apart decides and is the reason that is given.
 */
import type { SeriesChoice, Skipped } from "../domain/study.ts";
import type { InstanceHeader } from "./instance.ts";
import { seriesFacts } from "./series-facts.ts";
import type { Candidate, SeriesFacts } from "./series-facts.ts";

/** The series to be scored, and a word on every series. */
export interface HeadSeriesChoice {
  /** Every series, in the order of its number. */
  readonly series: readonly SeriesChoice[];
  /** The chosen series' instances from the feet towards the head, one a position; [] when none was chosen. */
  readonly instances: readonly InstanceHeader[];
  /** Instances of the chosen series that are left out. `file` is the SOP Instance UID. */
  readonly skipped: readonly Skipped[];
  /** Why no series was chosen: the study is no head CT, or has no usable series; otherwise null. */
  readonly notApplicable: string | null;
}

/** Coverage beyond which more is not better, and the share of the best that counts as complete. */
const ENOUGH_COVERAGE_MM = 120;
const COMPLETE_SHARE = 0.75;
/** The thickness heads are read at. */
const READING_THICKNESS_MM: readonly [number, number] = [2.5, 6.5];
const USUAL_THICKNESS_MM = 5;

interface Preference {
  /** Smaller is better. */
  readonly cost: (candidate: Candidate, all: readonly Candidate[]) => number;
  /** Why a series loses by it. */
  readonly loses: (loser: Candidate, winner: Candidate) => string;
}

const PREFERENCES: readonly Preference[] = [
  {
    cost: ({ coverageMm }, all) => {
      const best = Math.min(ENOUGH_COVERAGE_MM, Math.max(...all.map((other) => other.coverageMm)));
      return coverageMm >= COMPLETE_SHARE * best ? 0 : 1;
    },
    loses: (loser, winner) =>
      `Covers only ${millimetres(loser.coverageMm)}, and ${nameOf(winner)} covers ${millimetres(winner.coverageMm)}.`,
  },
  {
    cost: ({ kernel }) => (kernel === "sharp" ? 1 : 0),
    loses: (_, winner) => `A sharp (bone) kernel; ${nameOf(winner)} is smoother.`,
  },
  {
    cost: ({ hasContrast }) => (hasContrast ? 1 : 0),
    loses: (_, winner) => `With contrast, which looks like blood; ${nameOf(winner)} is plain.`,
  },
  {
    cost: ({ isOriginal }) => (isOriginal ? 0 : 1),
    loses: (_, winner) => `Derived from other images; ${nameOf(winner)} is original.`,
  },
  {
    cost: ({ kernel }) => (kernel === "soft" ? 0 : 1),
    loses: (_, winner) => `Its kernel is not known to be smooth; ${nameOf(winner)} has a brain kernel.`,
  },
  {
    cost: ({ thicknessMm }) => {
      if (thicknessMm === null) return 20;
      const [thin, thick] = READING_THICKNESS_MM;
      if (thicknessMm >= thin && thicknessMm <= thick) return Math.abs(thicknessMm - USUAL_THICKNESS_MM) / 10;
      return thicknessMm < thin ? 1 + (thin - thicknessMm) : 10 + thicknessMm / 100;
    },
    loses: (loser, winner) =>
      `Slices of ${thicknessOf(loser)}; ${nameOf(winner)} with ${thicknessOf(winner)} is closer to the thickness heads are read at.`,
  },
  {
    cost: ({ sliceCount }) => -sliceCount,
    loses: (loser, winner) =>
      `Fewer slices (${loser.sliceCount}) than ${nameOf(winner)} (${winner.sliceCount}).`,
  },
  {
    cost: ({ seriesNumber }) => seriesNumber,
    loses: (_, winner) => `As good as ${nameOf(winner)}, which comes first.`,
  },
];

/**
 * Choose the series to be scored.
 *
 * @param headers all instances of one study, in any order
 */
export function chooseHeadSeries(headers: readonly InstanceHeader[]): HeadSeriesChoice {
  const groups = [...Map.groupBy(headers, (header) => header.seriesInstanceUid).values()].sort(
    (a, b) => numberOf(a) - numberOf(b) || (uidOf(a) < uidOf(b) ? -1 : 1),
  );
  const facts = groups.map((group) => ({ group, facts: seriesFacts(group) }));
  const candidates = facts.flatMap((entry) => ("candidate" in entry.facts ? [entry.facts.candidate] : []));
  const chosen = best(candidates);
  const series = facts.map(({ group, facts: known }): SeriesChoice => {
    const [first] = group;
    return {
      seriesInstanceUid: first?.seriesInstanceUid ?? "",
      description: first?.seriesDescription ?? "",
      modality: first?.modality ?? "",
      instanceCount: group.length,
      chosen: "candidate" in known && known.candidate === chosen,
      reason: reasonFor(known, chosen, candidates),
    };
  });
  return {
    series,
    instances: chosen?.instances ?? [],
    skipped: chosen?.skipped ?? [],
    notApplicable:
      chosen === undefined
        ? whyNone(
            series,
            facts.map((entry) => entry.facts),
          )
        : null,
  };
}

function best(candidates: readonly Candidate[]): Candidate | undefined {
  return [...candidates].sort((a, b) => {
    const preference = deciding(a, b, candidates);
    return preference === undefined ? 0 : preference.cost(a, candidates) - preference.cost(b, candidates);
  })[0];
}

/** The first preference that tells two series apart. */
function deciding(a: Candidate, b: Candidate, all: readonly Candidate[]): Preference | undefined {
  return PREFERENCES.find((preference) => preference.cost(a, all) !== preference.cost(b, all));
}

function reasonFor(facts: SeriesFacts, chosen: Candidate | undefined, all: readonly Candidate[]): string {
  if ("excluded" in facts) return facts.excluded;
  const { candidate } = facts;
  if (chosen === undefined || candidate === chosen) {
    const count = `${candidate.sliceCount} axial ${candidate.sliceCount === 1 ? "slice" : "slices"}`;
    const traits = [
      { soft: ", smooth kernel", unknown: "", sharp: ", sharp kernel" }[candidate.kernel],
      candidate.hasContrast ? ", with contrast" : "",
      candidate.isOriginal ? "" : ", derived from other images",
    ].join("");
    return `${count} of ${thicknessOf(candidate)} over ${millimetres(candidate.coverageMm)}${traits}.`;
  }
  return (
    deciding(candidate, chosen, all)?.loses(candidate, chosen) ??
    `As good as ${nameOf(chosen)}, which comes first.`
  );
}

function whyNone(series: readonly SeriesChoice[], facts: readonly SeriesFacts[]): string {
  if (series.length === 0) return "The study has no instances.";
  const modalities = [...new Set(series.map(({ modality }) => modality || "unknown"))];
  if (!modalities.includes("CT")) return `Not a CT: the study's modality is ${modalities.join(", ")}.`;
  const notHead = facts.find((known) => "excluded" in known && !known.isHead);
  if (notHead !== undefined && "excluded" in notHead) return `Not a head CT. ${notHead.excluded}`;
  const reasons = [...new Set(series.map(({ reason }) => reason))];
  return `No axial head series: ${reasons.join(" ")}`;
}

const numberOf = (group: readonly InstanceHeader[]): number => group[0]?.seriesNumber ?? Infinity;
const uidOf = (group: readonly InstanceHeader[]): string => group[0]?.seriesInstanceUid ?? "";

/** One decimal at most: "5 mm", "0.6 mm". */
const millimetres = (mm: number): string => `${Number(mm.toFixed(1))} mm`;
function thicknessOf({ thicknessMm, thicknessRangeMm }: Candidate): string {
  if (thicknessMm === null) return "unknown thickness";
  const [thinnest, thickest] = (thicknessRangeMm ?? [thicknessMm, thicknessMm]).map(millimetres);
  return thinnest === thickest ? millimetres(thicknessMm) : `${thinnest} to ${thickest}`;
}

function nameOf({ instances, seriesNumber }: Candidate): string {
  const description = instances[0]?.seriesDescription ?? "";
  if (description !== "") return `"${description}"`;
  return Number.isFinite(seriesNumber) ? `series ${seriesNumber}` : "another series";
}
