/** @file Tables of minutes and shares for the terminal. */

const COLUMN = 13;

/** Minutes with two digits; "–" where nothing was counted. */
const cell = (value: number | string | undefined): string =>
  (typeof value === "string"
    ? value
    : value === undefined || Number.isNaN(value)
      ? "–"
      : value.toFixed(3)
  ).padStart(COLUMN);

/** A share as a percentage. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Print rows of numbers under their titles. */
export function printRows(
  corner: string,
  titles: readonly string[],
  rows: readonly (readonly [title: string, cells: readonly (number | string | undefined)[]])[],
): void {
  console.log(`${corner.padEnd(26)}${titles.map((title) => title.padStart(COLUMN)).join("")}`);
  for (const [title, cells] of rows) console.log(`${title.padEnd(26)}${cells.map(cell).join("")}`);
}
