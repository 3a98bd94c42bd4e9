/**
 * @file Lengths of time as a policy writes them and a row says them.
 */

const UNIT_MIN: Readonly<Record<string, number>> = { min: 1, h: 60, d: 1440 };

/** "90 min", "4 h", "7 d" in minutes; null when it is none, or not above 0. */
export function parseDurationMin(value: unknown): number | null {
  const [, amount, unit] =
    /^(\d+(?:\.\d+)?)\s*(min|h|d)$/.exec(typeof value === "string" ? value.trim() : "") ?? [];
  const minutes = Number(amount) * (UNIT_MIN[unit ?? ""] ?? NaN);
  return minutes > 0 && Number.isFinite(minutes) ? minutes : null;
}

const whole = (value: number): string => String(Math.round(value * 10) / 10);

/** "90 min", "4 h", "7 d". */
export function durationText(minutes: number): string {
  if (minutes < 120) return `${whole(minutes)} min`;
  return minutes < 2880 ? `${whole(minutes / 60)} h` : `${whole(minutes / 1440)} d`;
}
