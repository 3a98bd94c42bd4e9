/**
 * @file Tables of a report: figures with their intervals, and which class was called what.
 */
import { escapeHtml, figureText } from "./html.ts";
import type { Html } from "./html.ts";

export interface FigureRow {
  readonly name: string;
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
  readonly method: string;
  /** The interval when patients are drawn again, where `method` is another. */
  readonly byPatient?: readonly [number, number] | null;
}

/** A cell: text; `kind` is a class of the style sheet. */
export interface Cell {
  readonly text: string;
  readonly kind?: "value" | "quiet" | "said";
}

/** A table of texts. */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
  isBest: (row: number) => boolean = () => false,
): Html {
  const cell = (content: Cell | string): Html => {
    const { text, kind } = typeof content === "string" ? { text: content } : content;
    return `<td${kind === undefined ? "" : ` class="${kind}"`}>${escapeHtml(text)}</td>`;
  };
  const body = rows.map((row, i) => `<tr${isBest(i) ? ' class="best"' : ""}>${row.map(cell).join("")}</tr>`);
  return `<div class="scroll"><table>
<thead><tr>${head.map((name) => `<th>${escapeHtml(name)}</th>`).join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>`;
}

/** A table whose columns are all words, which begin at the left. */
export function wordTable(head: readonly string[], rows: readonly (readonly string[])[]): Html {
  return `<div class="words">${plainTable(head, rows)}</div>`;
}

export function intervalText(interval: readonly [number, number] | null | undefined): string {
  return interval ? `${figureText(interval[0])} to ${figureText(interval[1])}` : "–";
}

/** A row a figure: value, 95 % interval, how that was made, and the interval by patient. */
export function figureTable(rows: readonly FigureRow[]): Html {
  return plainTable(
    ["", "value", "95 % interval", "method", "patients drawn again"],
    rows.map(({ name, value, interval, method, byPatient }) => [
      name,
      { text: value === null ? "not defined" : figureText(value), kind: value === null ? "quiet" : "value" },
      intervalText(interval),
      { text: value === null ? "" : method, kind: "quiet" },
      { text: byPatient === undefined ? "" : intervalText(byPatient), kind: "quiet" },
    ]),
  );
}

/**
 * Which class was called what.
 * @param counts `[true class][called class]`
 */
export function confusionTable(labels: readonly string[], counts: readonly (readonly number[])[]): Html {
  const head = labels.map((label) => `<th>${escapeHtml(label)}</th>`).join("");
  const body = labels.map((label, truth) => {
    const row = counts[truth] ?? [];
    const total = row.reduce((a, b) => a + b, 0);
    const cells = labels.map((_, called) => {
      const count = row[called] ?? 0;
      const share = total > 0 ? count / total : 0;
      const colour = called === truth ? "var(--s1)" : "var(--s0)";
      return `<td style="--cell: ${colour}; --share: ${share.toFixed(3)}">${count}<small>${(100 * share).toFixed(1)} %</small></td>`;
    });
    return `<tr><th>${escapeHtml(label)}</th>${cells.join("")}</tr>`;
  });
  return `<div class="scroll"><table class="confusion">
<thead><tr><th>true ↓ called →</th>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>`;
}
