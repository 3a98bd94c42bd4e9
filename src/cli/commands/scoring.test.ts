import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { savePackage } from "../../model/package.ts";
import { TINY_SIZE, tinyPackage } from "../../model/test-package.ts";
import { commandRunner } from "../test-command.ts";
import { configure as configureClassify } from "./classify.ts";
import { configure as configureEvaluate } from "./evaluate.ts";
import { configure as configureTriage } from "./triage.ts";

const data = process.env["FIRSTREAD_DATA"] ?? join(import.meta.dirname, "../../../../shared/data");

let dir: string;
let model: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-cli-"));
  model = join(dir, "tiny");
  await savePackage(model, tinyPackage());
  await mkdir(join(dir, "empty"));
  await mkdir(join(dir, "junk"));
  await writeFile(join(dir, "junk", "notes.txt"), "not an image");
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

const run = commandRunner();

const parsed = (line: string | undefined) => JSON.parse(line ?? "null") as Record<string, unknown>;

describe("firstread triage", () => {
  it("names an empty folder and files that are no DICOM, and exits with 3", async () => {
    const empty = await run(configureTriage, join(dir, "empty"), "--model", model, "--json");
    expect(empty.code).toBe(3);
    expect(parsed(empty.out[0])).toEqual({
      studyInstanceUid: null,
      skipped: [{ file: join(dir, "empty"), reason: "the folder empty has no files" }],
    });
    const junk = await run(configureTriage, join(dir, "junk"), "--model", model);
    expect(junk.code).toBe(3);
    expect(junk.err[0]).toMatch(/^skipped .*notes\.txt: not a DICOM file/);
  });

  it("fails for a path that does not exist, or a model that is none", async () => {
    await expect(run(configureTriage, join(dir, "nowhere"), "--model", model)).rejects.toThrow("ENOENT");
    await expect(run(configureTriage, dir, "--model", join(dir, "empty"))).rejects.toThrow(
      "no model package in",
    );
  });
});

describe.skipIf(!existsSync(data))(`firstread triage on real head CTs (skipped without ${data})`, () => {
  it("prints one line a study, as the contract says", async () => {
    const { code, out } = await run(configureTriage, join(data, "ge-head"), "--model", model, "--json");
    expect(code).toBe(0);
    expect(out).toHaveLength(1);
    const line = parsed(out[0]);
    expect(Object.keys(line)).toEqual([
      ...["studyInstanceUid", "seriesInstanceUid", "model", "label", "probability", "flagged", "threshold"],
      ...["slices", "skipped", "timingMs"],
    ]);
    const slices = line["slices"] as Record<string, unknown>[];
    expect(slices).toHaveLength(28);
    expect(Object.keys(slices[0] ?? {})).toEqual(["file", "sopInstanceUid", "positionMm", "probability"]);
    expect(Object.keys(line["timingMs"] as object)).toEqual(["read", "model", "total"]);
  });

  it("scores the rest where files are bad, and names them with the study", async () => {
    const folder = join(dir, "mixed");
    await mkdir(folder);
    const file = await readFile(join(data, "ge-head", "18.dcm"));
    await writeFile(join(folder, "good.dcm"), file);
    await writeFile(join(folder, "short.dcm"), file.subarray(0, 900));
    await writeFile(join(folder, "labels.csv"), "a,b");
    const { code, out } = await run(configureTriage, folder, "--model", model, "--json");
    expect(code).toBe(3);
    const line = parsed(out[0]);
    expect(line["slices"]).toHaveLength(1);
    const skipped = line["skipped"] as { file: string; reason: string }[];
    expect(skipped.map((entry) => entry.file)).toEqual([
      join(folder, "labels.csv"),
      join(folder, "short.dcm"),
    ]);
    expect(skipped.every(({ reason }) => reason.length > 10)).toBe(true);
  });

  it("puts flagged studies first in the table", async () => {
    const folders = ["ge-head", "rsna/study"].map((name) => join(data, name));
    const { out } = await run(configureTriage, ...folders, "--model", model);
    expect(out).toHaveLength(3);
    expect(out.at(-1)).toBe("Research use only; never a diagnosis.");
    const probabilities = out.slice(0, 2).map((row) => Number(/\d\.\d{3}/.exec(row)?.[0]));
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
  });
});

describe("firstread classify", () => {
  async function grey(name: string, level: number): Promise<string> {
    const file = join(dir, name);
    const create = {
      width: TINY_SIZE,
      height: TINY_SIZE,
      channels: 3,
      background: { r: level, g: 0, b: 0 },
    } as const;
    await sharp({ create }).png().toFile(file);
    return file;
  }

  it("prints one line a picture, as the contract says", async () => {
    const [dark, bright] = [await grey("dark.png", 25), await grey("bright.png", 230)];
    const { code, out } = await run(configureClassify, dark, bright, "--model", model, "--json");
    expect(code).toBe(0);
    // logit 20 (25 / 255 - 0.5) and 20 (230 / 255 - 0.5)
    expect(parsed(out[0])).toMatchObject({
      file: dark,
      labels: ["normal", "hemorrhage"],
      predicted_label: "normal",
    });
    const [, probability] = parsed(out[1])["probabilities"] as number[];
    expect(probability).toBeCloseTo(1 / (1 + Math.exp(-20 * (230 / 255 - 0.5))), 3);
  });

  it("passes over what is no picture, and exits with 3", async () => {
    const { code, out, err } = await run(
      configureClassify,
      join(dir, "junk", "notes.txt"),
      join(dir, "missing.png"),
      await grey("one.png", 100),
      "--model",
      model,
      "--json",
    );
    expect(code).toBe(3);
    expect(out).toHaveLength(1);
    expect(err[0]).toMatch(/notes\.txt: not a readable JPG or PNG/);
    expect(err[1]).toMatch(/ENOENT.*missing\.png/);
  });

  it("wants a window as center and width", async () => {
    await expect(run(configureClassify, "x.png", "--window", "brain")).rejects.toThrow("40/80");
  });
});

describe("firstread evaluate", () => {
  it("gives figures of class folders", async () => {
    for (const [label, levels] of [
      ["normal", [40, 60, 150]],
      ["hemorrhage", [120, 200, 220]],
    ] as const) {
      await mkdir(join(dir, "classes", label), { recursive: true });
      for (const [i, level] of levels.entries()) {
        const create = { width: 8, height: 8, channels: 3, background: { r: level, g: 0, b: 0 } } as const;
        await sharp({ create })
          .png()
          .toFile(join(dir, "classes", label, `${label}${i}_0.png`));
      }
    }
    const { code, out } = await run(configureEvaluate, model, join(dir, "classes"), "--json");
    expect(code).toBe(0);
    // Pairs in order: 120 stands above two of three, 200 and 220 above all: 8 of 9. Called: 150, 200, 220.
    expect(parsed(out[0])).toMatchObject({
      ...{ unit: "pictures", cases: 6, positives: 3, threshold: 0.5 },
      ...{ sensitivity: { value: 2 / 3 }, specificity: { value: 2 / 3 } },
    });
    const { value } = parsed(out[0])["auc"] as { value: number };
    expect(value).toBeCloseTo(8 / 9, 12);
  });
});
