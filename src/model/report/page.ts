/**
 * @file A report as one HTML file: no scripts, nothing fetched, to be read on a screen or printed.
 */
import { escapeHtml } from "./html.ts";
import type { Html } from "./html.ts";
import { REPORT_STYLE } from "./style.ts";

/** A heading with what stands below it. */
export interface Section {
  readonly heading: string;
  /** What the reader should know before looking. */
  readonly text?: string;
  /** Charts and tables, two beside each other where there is room. */
  readonly parts: readonly Html[];
}

export interface ReportPage {
  readonly title: string;
  readonly subtitle: string;
  readonly sections: readonly Section[];
}

/** A chart or table with a title over it. `wide` takes the whole width of the page. */
export function part(title: string, content: Html, { wide = false } = {}): Html {
  const heading = title === "" ? "" : `<h3>${escapeHtml(title)}</h3>\n`;
  return `<div class="part${wide ? " wide" : ""}">\n${heading}${content}\n</div>`;
}

/** Remarks, one a line. */
export function notes(lines: readonly string[]): Html {
  return `<ul class="notes">\n${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("\n")}\n</ul>`;
}

function sectionHtml({ heading, text, parts }: Section): Html {
  const lead = text === undefined ? "" : `<p>${escapeHtml(text)}</p>\n`;
  return `<section>
<h2>${escapeHtml(heading)}</h2>
${lead}<div class="parts">
${parts.join("\n")}
</div>
</section>`;
}

/** The whole file. */
export function htmlPage({ title, subtitle, sections }: ReportPage): Html {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="subtitle">${escapeHtml(subtitle)}</p>
<p class="notice">Research use only. Not a medical device; never a diagnosis.</p>
</header>
${sections.map(sectionHtml).join("\n")}
<footer>Made by FirstRead. Everything on this page is in this file.</footer>
</main>
</body>
</html>
`;
}
