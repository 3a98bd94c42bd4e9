import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { drawSamples, explorePage } from "./explore-page.ts";
import { exploreSource } from "./explore.ts";
import type { Exploration, SampleImage } from "./explore.ts";
import { FolderSource } from "./folder-ends.ts";
import { HuHistogram } from "./hu-histogram.ts";
import { readLabels } from "./labels.ts";
import { testInstance, writeTestSet } from "./test-set.ts";

let dir = "";
let exploration: Exploration;
let shown: readonly SampleImage[] = [];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "firstread-explore-"));
  const set = writeTestSet(dir, 4);
  writeFileSync(join(dir, "broken.dcm"), "no DICOM");
  // The pixels of patient 0's first slice again: once in the same patient, once under another.
  writeFileSync(join(dir, "z1.dcm"), testInstance(0, 0, { "00080018 UI": "1.2.3.0.77" }));
  writeFileSync(
    join(dir, "z2.dcm"),
    testInstance(0, 0, { "00100020 LO": "somebody", "0020000D UI": "1.2.9", "00080070 LO": "ACME" }),
  );
  const labels = await readLabels(set.labels);
  const source = new FolderSource(dir);
  const found = await exploreSource(source, await source.list(), {
    labels,
    sample: 100,
    shown: 2,
    threads: 2,
  });
  exploration = found.exploration;
  shown = found.shown;
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it("counts what is there", () => {
  expect(exploration).toMatchObject({
    ...{ files: 15, images: 14, patients: 5, studies: 5, withoutLabel: 2, withoutFile: 0, sampled: 14 },
    classes: [
      ["normal", 10],
      ["hemorrhage", 2],
    ],
    sizes: [["32 × 32", 14]],
    pixelSpacingsMm: [["0.50", 14]],
    manufacturers: [
      ["not said", 13],
      ["ACME", 1],
    ],
    slicesPerStudy: [
      ["3", 3],
      ["1", 1],
      ["4", 1],
    ],
    transferSyntaxes: [["1.2.840.10008.1.2.1", 14]],
  });
  expect(exploration.broken).toEqual([
    { file: "broken.dcm", reason: expect.stringContaining("not a DICOM file") as string },
  ]);
});

it("finds the same pixels under other headers, other patients first", () => {
  expect(exploration.duplicates).toEqual({
    ...{ files: 2, acrossPatients: 1 },
    pairs: [
      { first: "p0/ID_0x0.dcm", second: "z2.dcm", acrossPatients: true },
      { first: "p0/ID_0x0.dcm", second: "z1.dcm", acrossPatients: false },
    ],
  });
});

it("draws a page that stands alone", async () => {
  const samples = await drawSamples(new FolderSource(dir), shown);
  expect(samples.map(({ label }) => label).sort()).toEqual([
    ...["hemorrhage", "hemorrhage", "no class", "no class", "normal", "normal"],
  ]);
  const page = explorePage(exploration, samples);
  for (const word of ["Images by class", "Brain window, centre 40 HU", "Broken files", "different patients"])
    expect(page).toContain(word);
  expect(page).not.toMatch(/src="(?!data:)/);
});

it("bins Hounsfield units as shares of all pixels", () => {
  const histogram = new HuHistogram();
  histogram.add(Int16Array.from([-1024, -1024, 40, 41, 3071, -1500]));
  const { pixels, whole, brain } = histogram.counts();
  expect(pixels).toBe(6);
  expect(whole[0]).toEqual([-1024, 2 / 6]);
  expect(brain.find(([hu]) => hu === 40)).toEqual([40, 2 / 6]);
  expect(whole.at(-1)).toEqual([3040, 1 / 6]);
});
