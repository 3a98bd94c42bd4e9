/**
 * @file HL7 v2 as text (2.5.1, chapter 2): fields and components put together, and what stands in them escaped.
 */
import type { Code } from "./codes.ts";

/** The separators that we write: field, component, repetition, escape, subcomponent. */
export const SEPARATORS = "|^~\\&";

const ESCAPES: Readonly<Record<string, string>> = {
  "|": "\\F\\",
  "^": "\\S\\",
  "&": "\\T\\",
  "~": "\\R\\",
  "\\": "\\E\\",
};

/** A text as a value: separators escaped (2.7.1), line breaks and control characters as spaces. */
export function escapeHl7(text: string): string {
  return (
    text
      // Control characters end segments and frames.
      .replaceAll(/[\u0000-\u001f\u007f]+/g, " ")
      .replaceAll(/[|^~\\&]/g, (separator) => ESCAPES[separator] ?? separator)
  );
}

const UNESCAPES: Readonly<Record<string, string>> = { F: "|", S: "^", T: "&", R: "~", E: "\\" };

/** A value as a text. An escape that says no character (highlighting, a private one) says nothing. */
export const unescapeHl7 = (value: string): string =>
  value.replaceAll(/\\([^\\]*)\\/g, (_whole, code: string) => UNESCAPES[code] ?? "");

/** A segment: its name and its fields from 1 on; empty ones at the end are left out. */
export function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(0, ...Object.keys(fields).map(Number));
  const values = Array.from({ length: last }, (_, i) => fields[i + 1] ?? "");
  return [name, ...values].join("|").replace(/\|+$/, "");
}

/** The first segment; MSH-1 is the separator itself. `fields` are named by their number in the standard. */
export function headerSegment(fields: Readonly<Record<number, string>>): string {
  const shifted = Object.fromEntries(Object.entries(fields).map(([n, value]) => [Number(n) - 1, value]));
  return segment("MSH", { ...shifted, 1: SEPARATORS.slice(1) });
}

/** A coded value (CWE): `code^meaning^scheme`. */
export const coded = ({ value, meaning, scheme }: Code): string =>
  [value, meaning, scheme].map(escapeHl7).join("^");

/** An instant as a time stamp (TS) in UTC: `20260301221405+0000`. */
export function hl7Time(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}+0000`;
}
