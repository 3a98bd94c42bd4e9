/**
 * @file The dashboard's figures in words.
 */
import type { Drift, Percentiles, Share } from "../../domain/dashboard.ts";

/** A share of fewer is said to be one of few. */
const FEW = 30;

/** Minutes as a reader counts them: "40 s", "3.5 min", "48 min", "2 h 05". */
export function durationText(minutes: number): string {
  if (minutes < 1) return `${Math.round(minutes * 60)} s`;
  if (minutes < 10) return `${Math.round(minutes * 10) / 10} min`;
  const whole = Math.round(minutes);
  if (whole < 120) return `${whole} min`;
  return `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, "0")}`;
}

/** Milliseconds of a stage: "12 ms", "3.4 s", "2 min 05". */
export function latencyText(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")}`;
}

export const medianText = (values: Percentiles | null): string =>
  values === null ? "–" : durationText(values.median);

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** A share, what it was counted from, and how sure it is. */
export function shareText({ count, of, value, low, high }: Share): string {
  if (value === null) return "nobody has judged one yet";
  const few = of < FEW ? ", few" : "";
  return `${count} of ${of}${few}: 95 % interval ${percent(low)} to ${percent(high)}`;
}

export const shareValue = ({ value }: Share): string => (value === null ? "–" : percent(value));

export const DRIFT_TITLES: Readonly<Record<string, string>> = {
  score: "Scores, % and ten more",
  thickness: "Slice thickness, mm",
  kernel: "Kernel",
  manufacturer: "Manufacturer",
  model: "Scanner model",
  tubeVoltage: "Tube voltage, kV",
};

/** What a distribution did, in a word or two. */
export function driftVerdict({ verdict, referenceCount, currentCount }: Drift): string {
  switch (verdict) {
    case "few":
      return `Too few to say (${currentCount} now, ${referenceCount} before)`;
    case "steady":
      return "As before";
    case "some":
      return "Some change";
    case "changed":
      return "Changed";
  }
}

/** The index beside what chance makes of it. */
export function driftDetail({ psi, noise, referenceCount, currentCount }: Drift): string {
  if (psi === null || noise === null) return "";
  return `PSI ${psi.toFixed(3)} (chance: up to ${noise.toFixed(3)}); ${currentCount} studies now, ${referenceCount} before`;
}

export const STAGE_TITLES: Readonly<Record<string, string>> = {
  receive: "Receive: first to last instance",
  settle: "Settle: last instance to complete",
  score: "Score: complete to finding",
  model: "of which the model",
  notify: "Notify: due to sent",
  finding: "First instance to finding",
};

/** A bin's name: the scores' tenths, a value, or that there is none. */
export function binText(name: string, value: string): string {
  if (name === "score") return `${Number(value) * 10}–${Number(value) * 10 + 10} %`;
  return value === "" ? "not said" : value;
}

/** Below the bin, where there is little room: of a score's tenth, where it begins. */
export const binLabel = (name: string, value: string): string =>
  name === "score" ? String(Number(value) * 10) : binText(name, value);
