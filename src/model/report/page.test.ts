import { describe, expect, it } from "vitest";

import type { JudgedSet } from "../judged.ts";
import { confusionCounts, evaluationSections, worstMistakes } from "./evaluation-sections.ts";
import { escapeHtml, figureText } from "./html.ts";
import { htmlPage, notes, part } from "./page.ts";
import { pictureGrid } from "./picture-grid.ts";
import { confusionTable, figureTable } from "./tables.ts";

const PIXEL = "data:image/png;base64,iVBORw0KGgo=";

const set: JudgedSet = {
  unit: "pictures",
  labels: ["normal", "hemorrhage"],
  positive: 1,
  threshold: 0.5,
  cases: [0.9, 0.2, 0.6, 0.1].map((p, i) => ({
    file: `data/${i}.png`,
    group: `p${i}`,
    classIndex: i < 2 ? 1 : 0,
    probabilities: [1 - p, p],
  })),
};

describe("htmlPage", () => {
  it("is one whole file: no scripts, nothing fetched, research use only", async () => {
    const sections = await evaluationSections(set, { heading: "Slices", picture: async () => PIXEL });
    const page = htmlPage({ title: "A <b> & c", subtitle: "of today", sections });
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain("<title>A &lt;b&gt; &amp; c</title>");
    expect(page).toContain("Research use only");
    expect(page).not.toMatch(/<script|<link|https?:|url\(|@import|NaN|Infinity|undefined/);
    const tags = (name: string) => page.match(new RegExp(`<${name}[ >]`, "g"))?.length;
    for (const name of ["section", "div", "table", "tr", "td", "svg", "g", "figure", "ul", "li"]) {
      expect(page.match(new RegExp(`</${name}>`, "g"))?.length, name).toBe(tags(name));
    }
  });
});

describe("evaluationSections", () => {
  it("counts what was called what, and shows the worst mistakes first", async () => {
    // 0.9 and 0.1 are right; the bleed 0.2 is missed, the normal 0.6 is called.
    expect(confusionCounts(set)).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(worstMistakes(set).map(({ file }) => file)).toEqual(["data/1.png", "data/2.png"]);
    const [first, , mistakes] = await evaluationSections(set, { heading: "Slices" });
    expect(first?.text).toBe("4 pictures of 4 patients, 2 of them hemorrhage.");
    expect(mistakes?.parts[0]).toContain("hemorrhage, called normal");
  });

  it("has sections where a curve is not defined, and where nothing was judged", async () => {
    const ofOneKind = { ...set, cases: set.cases.filter(({ classIndex }) => classIndex === 0) };
    for (const few of [ofOneKind, { ...set, cases: [] }]) {
      const sections = await evaluationSections(few, { heading: "Slices" });
      const page = htmlPage({ title: "t", subtitle: "s", sections });
      expect(page).toContain("not defined");
      expect(page).not.toMatch(/NaN|Infinity/);
    }
  });

  it("shows each of more than two classes against all others", async () => {
    const cases = set.cases.map((judged, i) => ({
      ...judged,
      classIndex: i % 3,
      probabilities: [0.2, 0.3, 0.5],
    }));
    const [first] = await evaluationSections({ ...set, labels: ["a", "b", "c"], cases }, { heading: "All" });
    expect(first?.parts[1]).toContain("mean of the classes");
  });
});

describe("tables and pictures", () => {
  it("say what is not defined", () => {
    const table = figureTable([{ name: "AUC", value: null, interval: null, method: "" }]);
    expect(table).toContain("not defined");
  });

  it("show shares of the true class", () => {
    expect(
      confusionTable(
        ["a", "b"],
        [
          [3, 1],
          [0, 0],
        ],
      ),
    ).toContain('<td style="--cell: var(--s1); --share: 0.750">3<small>75.0 %</small>');
  });

  it("take no picture from elsewhere", () => {
    expect(() => pictureGrid([{ dataUri: "http://x/y.png", caption: "" }])).toThrow("expected data:image");
    expect(pictureGrid([{ dataUri: PIXEL, caption: '"quoted"' }])).toContain('alt="&quot;quoted&quot;"');
  });

  it("escape text", () => {
    expect(escapeHtml(`<a href="x">'&`)).toBe("&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
    expect(notes(["<i>"])).toContain("&lt;i&gt;");
    expect(part("a<b", "<p>c</p>", { wide: true })).toContain('<div class="part wide">\n<h3>a&lt;b</h3>');
  });

  it("round figures for reading", () => {
    expect([0.93156, 12.345, 1234.5, 3.2e-5, 0, NaN].map(figureText)).toEqual([
      "0.932",
      "12.3",
      "1235",
      "3.2e-5",
      "0",
      "none",
    ]);
  });
});
