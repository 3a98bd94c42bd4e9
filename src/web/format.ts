/**
 * @file Numbers, names and times as the reader sees them.
 */

/** Waiting time: "04:12" below an hour, then "1 h 05". Negative durations (clocks) count as 0. */
export function formatWait(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  if (seconds < 3600) return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)}`;
}

/** A probability in whole percent; the ends say that they are ends: "< 1 %", "> 99 %". */
export function formatPercent(probability: number): string {
  if (probability < 0.005) return "< 1 %";
  if (probability >= 0.995) return "> 99 %";
  return `${Math.round(probability * 100)} %`;
}

/** A DICOM Person Name ("Family^Given^Middle^Prefix^Suffix", PS3.5 6.2) as "Family, Given Middle". */
export function formatName(name: string): string {
  const [family = "", given = "", middle = ""] = (name.split("=")[0] ?? "").split("^");
  const first = [given, middle].filter((part) => part !== "").join(" ");
  return [family, first].filter((part) => part !== "").join(", ") || "No name";
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/** An instant on the reader's clock: the time, and the day unless it is today. */
export function formatInstant(at: string, nowMs: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "";
  return date.toDateString() === new Date(nowMs).toDateString()
    ? clock.format(date)
    : dayAndClock.format(date);
}

/** A number with its own sign, for positions: "+12.5", "−3.0". */
export function formatSigned(value: number, digits = 1): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return value < 0 ? `−${text}` : `+${text}`;
}
