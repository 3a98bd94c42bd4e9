import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";

import { OtherTrainingSet, synthesizeTrainingSet } from "./training-set.ts";
import type { TrainingSetRequest } from "./training-set.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "firstread-set-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Large pixels and few slices, for speed. */
const COARSE = { rows: 64, sliceThicknessMm: 5, sliceSpacingMm: 20 };

async function make(request: TrainingSetRequest): Promise<boolean[]> {
  const made: boolean[] = [];
  for await (const study of synthesizeTrainingSet(request)) made.push(study.made);
  return made;
}

it("writes DICOM, masks and labels, and goes on where it stopped", { timeout: 120_000 }, async () => {
  const output = join(dir, "dicom");
  const request = { count: 1, seed: 1, output, format: "dicom", bleeding: 1, overrides: COARSE } as const;
  expect(await make(request)).toEqual([true]);
  const files = readdirSync(join(output, "studies", "P000001")).sort();
  const written = statSync(join(output, "studies", "P000001", files[0] ?? "")).mtimeMs;
  expect(await make({ ...request, count: 2 })).toEqual([false, true]);
  expect(statSync(join(output, "studies", "P000001", files[0] ?? "")).mtimeMs).toBe(written);

  const rows = readFileSync(join(output, "labels.csv"), "utf8").trim().split("\n");
  const second = readdirSync(join(output, "studies", "P000002"));
  expect(rows[0]).toBe("ID,Label");
  expect(rows).toHaveLength(1 + 6 * (files.length + second.length));
  // The first bleed is epidural, the second subdural.
  const positive = rows.filter((row) => row.endsWith(",1")).map((row) => row.replace(/^ID_[0-9a-f]{9}_/, ""));
  expect(new Set(positive)).toEqual(new Set(["epidural,1", "subdural,1", "any,1"]));
  const masks = readdirSync(join(output, "masks", "P000001"));
  const mask = await sharp(join(output, "masks", "P000001", masks[0] ?? "")).metadata();
  expect([mask.width, mask.height]).toEqual([64, 64]);
  expect(readFileSync(join(output, "manifest.jsonl"), "utf8").trim().split("\n")).toHaveLength(2);
});

it("writes class folders of three-window pictures", { timeout: 120_000 }, async () => {
  const output = join(dir, "classes");
  await make({ count: 1, seed: 2, output, format: "classes", bleeding: 1, overrides: COARSE });
  const normal = readdirSync(join(output, "normal"));
  const bleeding = readdirSync(join(output, "hemorrhage"));
  expect(normal.length).toBeGreaterThan(0);
  expect(bleeding.length).toBeGreaterThan(0);
  expect(normal[0]).toMatch(/^P000001_\d{3}\.jpg$/);
});

it("refuses to mix two sets", async () => {
  const output = join(dir, "dicom");
  const other = make({ count: 1, seed: 9, output, format: "dicom", bleeding: 1, overrides: COARSE });
  await expect(other).rejects.toThrow(OtherTrainingSet);
});

it(
  "draws look-alikes for some of the studies, by the seed, unless told how much",
  { timeout: 120_000 },
  async () => {
    const drawn = async (name: string, own: Partial<TrainingSetRequest> = {}): Promise<number[]> => {
      const found: number[] = [];
      const output = join(dir, name);
      const tiny = { ...COARSE, sliceSpacingMm: 60 };
      const request = {
        count: 6,
        seed: 3,
        output,
        format: "classes",
        bleeding: 0,
        overrides: tiny,
        ...own,
      } as const;
      for await (const { study } of synthesizeTrainingSet(request)) found.push(study.options.partialVolume);
      return found;
    };
    const first = await drawn("look-alikes");
    expect(first.some((value) => value > 0.2)).toBe(true);
    expect(first.some((value) => value === 0)).toBe(true);
    expect(await drawn("look-alikes again", { count: 2 })).toEqual(first.slice(0, 2));
    expect(await drawn("told", { count: 1, ranges: { partialVolume: [0.5, 0.5] } })).toEqual([0.5]);
  },
);
