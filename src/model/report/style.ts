/**
 * @file The look of a report: dark on a screen, black on white on paper. No fonts or files are fetched.
 */

/** The colours of a chart's series, in order: classes of the style sheet. */
export const SERIES_COLOURS = 6;

export const REPORT_STYLE = `
:root {
  color-scheme: dark;
  --ground: #0a0e13; --surface: #0f151c; --raised: #161e27; --line: #1e2832; --line-strong: #31404f;
  --text: #d5dce4; --text-strong: #f1f4f7; --text-second: #8d9aa8;
  --s0: #f0a35e; --s1: #7fb2e5; --s2: #82c99d; --s3: #bb9ee6; --s4: #e58ca5; --s5: #c9bd7a;
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell,
    "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
  color: var(--text); background: var(--ground);
  -webkit-font-smoothing: antialiased;
}
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; }
main { max-width: 1120px; margin: 0 auto; padding: 48px 32px 64px; }
h1 { font-size: 26px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; color: var(--text-strong);
  margin: 0; }
h2 { font-size: 17px; font-weight: 600; color: var(--text-strong); margin: 0 0 4px; }
h3 { font-size: 13px; font-weight: 600; color: var(--text); margin: 0 0 8px; }
p { margin: 0; max-width: 76ch; }
.subtitle { color: var(--text-second); font-size: 15px; margin-top: 6px; }
.notice { display: inline-block; margin-top: 16px; padding: 3px 10px; border: 1px solid var(--line-strong);
  border-radius: 999px; font-size: 12.5px; color: var(--text-second); }
section { margin-top: 44px; padding-top: 20px; border-top: 1px solid var(--line); }
section > p { color: var(--text-second); }
.parts { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 20px; margin-top: 18px;
  align-items: start; }
.part { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px;
  min-width: 0; margin: 0; }
.part.wide { grid-column: 1 / -1; }
.scroll { overflow-x: auto; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-size: 11px; fill: var(--text-second); }
svg text.axis { font-size: 11.5px; }
svg text.strong { fill: var(--text); }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .base { stroke: var(--line-strong); stroke-width: 1; }
svg .chance { stroke: var(--text-second); stroke-width: 1; stroke-dasharray: 3 4; opacity: 0.7; }
svg .curve { fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
svg .dashed { stroke-dasharray: 5 4; }
svg .band { fill: currentColor; opacity: 0.16; }
svg .fill { fill: currentColor; }
svg .dim { fill: currentColor; opacity: 0.45; }
svg .count { fill: var(--text-second); opacity: 0.3; }
svg .error { stroke: currentColor; stroke-width: 1.25; }
svg .ring { fill: var(--surface); stroke: currentColor; stroke-width: 2; }
.s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); }
.s3 { color: var(--s3); } .s4 { color: var(--s4); } .s5 { color: var(--s5); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 0; padding: 0; list-style: none;
  font-size: 12.5px; }
.legend i { display: inline-block; width: 14px; height: 0; border-top: 2.5px solid currentColor; margin-right: 7px;
  vertical-align: middle; }
.legend i.dashes { border-top-style: dashed; }
.legend span { color: var(--text-second); }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 500; color: var(--text-second); font-size: 12px; }
th:first-child, td:first-child, .said { text-align: left; }
tbody tr:last-child > * { border-bottom: 0; }
.words :is(th, td) { text-align: left; }
td.value { color: var(--text-strong); font-weight: 600; }
td.quiet, .quiet { color: var(--text-second); }
tr.best > * { background: color-mix(in srgb, var(--s0) 10%, transparent); }
.confusion td { text-align: center; min-width: 84px; padding: 10px; border: 1px solid var(--surface);
  background: color-mix(in srgb, var(--cell) calc(var(--share) * 60%), var(--raised)); color: var(--text-strong); }
.confusion td small { display: block; color: var(--text); opacity: 0.8; font-size: 11.5px; }
.confusion th { border: 0; text-align: center; }
.confusion th:first-child { text-align: right; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 16px 14px; }
.pictures figure { margin: 0; }
.pictures img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #000;
  border-radius: 6px; }
.pictures figcaption { font-size: 12px; margin-top: 6px; line-height: 1.4; overflow-wrap: anywhere; }
.pictures figcaption span { display: block; color: var(--text-second); }
ul.notes { margin: 0; padding-left: 18px; color: var(--text-second); overflow-wrap: anywhere; }
footer { margin-top: 56px; color: var(--text-second); font-size: 12.5px; }
@media (max-width: 560px) {
  main { padding: 28px 14px 40px; }
  .parts { grid-template-columns: minmax(0, 1fr); }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --surface: #fff; --raised: #f2f4f6; --line: #dde3e8;
    --line-strong: #aab4be; --text: #23292f; --text-strong: #000; --text-second: #5a6570;
    --s0: #b75c10; --s1: #23629c; --s2: #23764a; --s3: #6a46a5; --s4: #a83a5a; --s5: #7a6c1b; font-size: 11px;
    print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  section { margin-top: 22px; padding-top: 12px; }
  .parts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; }
  .part, .pictures figure, tr { break-inside: avoid; }
  h2, section > p { break-after: avoid; }
}
`;
