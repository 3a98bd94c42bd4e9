/**
 * @file Who and when, for a reader's eyes: names, ages, instants and the order's priority (PS3.5 table 6.2-1).
 */
import type { OrderPriority } from "../domain/study.ts";

/**
 * A person's name (PN) for display: "DOE, Jane Mary". The alphabetic form, or the ideographic or phonetic where
 * there is no other; prefix and suffix are left out.
 */
export function displayName(personName: string): string {
  const group = personName.split("=").find((form) => form.replace(/\^/g, "").trim() !== "") ?? "";
  const [family = "", ...rest] = group.split("^").map((part) => part.trim());
  const given = rest
    .slice(0, 2)
    .filter((part) => part !== "")
    .join(" ");
  if (family === "") return given;
  return given === "" ? family.toUpperCase() : `${family.toUpperCase()}, ${given}`;
}

const AGE_UNITS: Readonly<Record<string, string>> = { Y: "y", M: "mo", W: "wk", D: "d" };

/**
 * "67 y", "5 mo": from PatientAge (AS, "067Y"), else from the birth date at the study's date; "" when unknown.
 * Under two years the birth date counts in months, under two months in days.
 */
export function displayAge(patientAge: string, birthDate: string, studyDate: string): string {
  const age = /^(\d{1,3})([YMWD])$/.exec(patientAge.trim());
  if (age !== null) return `${Number(age[1])} ${AGE_UNITS[age[2] ?? ""] ?? ""}`;
  const born = dateParts(birthDate);
  const studied = dateParts(studyDate);
  if (born === null || studied === null) return "";
  const wholeMonths =
    (studied.year - born.year) * 12 + studied.month - born.month - (studied.day < born.day ? 1 : 0);
  if (wholeMonths < 0 || wholeMonths > 150 * 12) return "";
  if (wholeMonths >= 24) return `${Math.floor(wholeMonths / 12)} y`;
  if (wholeMonths >= 2) return `${wholeMonths} mo`;
  const days = Math.round(
    (Date.UTC(studied.year, studied.month - 1, studied.day) - Date.UTC(born.year, born.month - 1, born.day)) /
      86_400_000,
  );
  return `${days} d`;
}

/** DA and TM as "2026-03-01T22:14:05"; midnight when the time is unknown; null when the date is. */
export function instant(date: string, time: string): string | null {
  const parts = dateParts(date);
  if (parts === null) return null;
  const day = `${pad(parts.year, 4)}-${pad(parts.month, 2)}-${pad(parts.day, 2)}`;
  const clock = /^(\d\d):?(?:(\d\d):?(?:(\d\d))?)?/.exec(time.trim());
  const [hours, minutes, seconds] = [1, 2, 3].map((i) => Number(clock?.[i] ?? "0"));
  const valid = (hours ?? 0) < 24 && (minutes ?? 0) < 60 && (seconds ?? 0) < 60;
  return valid
    ? `${day}T${pad(hours ?? 0, 2)}:${pad(minutes ?? 0, 2)}:${pad(seconds ?? 0, 2)}`
    : `${day}T00:00:00`;
}

const PRIORITIES: Readonly<Record<string, OrderPriority>> = {
  STAT: "stat",
  HIGH: "urgent",
  MEDIUM: "routine",
  ROUTINE: "routine",
  MED: "routine",
  LOW: "low",
};

/** RequestedProcedurePriority (0040,1003), else StudyPriorityID (0032,000C), else routine. */
export function orderPriority(requestedProcedurePriority: string, studyPriorityId: string): OrderPriority {
  return (
    PRIORITIES[requestedProcedurePriority.toUpperCase()] ??
    PRIORITIES[studyPriorityId.toUpperCase()] ??
    "routine"
  );
}

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

/** DA, also in the ACR-NEMA form "1997.03.01"; null unless it is a day of the calendar. */
function dateParts(date: string): { year: number; month: number; day: number } | null {
  const match = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(date.trim());
  if (match === null) return null;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  const check = new Date(Date.UTC(year, month - 1, day));
  return check.getUTCMonth() === month - 1 && check.getUTCDate() === day ? { year, month, day } : null;
}
