/**
 * @file Text as HTML. What these functions give, and what takes `Html`, is markup; a `string` elsewhere is text.
 */

/** Markup that is whole: every tag closed, every text escaped. */
export type Html = string;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text where markup is expected, in an element or in a quoted attribute. */
export function escapeHtml(text: string): Html {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** A figure for reading: `0.9312`, `12.4`, `3.2e-5`; "none" where it is no number. */
export function figureText(value: number): string {
  if (!Number.isFinite(value)) return "none";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001 || size >= 1e6) return value.toExponential(1).replace("e+", "e");
  if (size >= 100) return String(Math.round(value));
  return size >= 10 ? value.toFixed(1) : value.toFixed(3);
}
